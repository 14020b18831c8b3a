/** The shapes of all requests and answers. The dashboard takes their types from here, and nothing else of the server. */
export type { RecordedEvent, RunEnded } from './events.ts';
export { History, HistoryQuery } from './history.ts';
export {
  ButtonBody,
  EventsQuery,
  Job,
  JobAnswer,
  type JobBody,
  JobList,
  JobListQuery,
  JobPlace,
  LogsQuery,
  NewJob,
  RunQuery,
  TerminalQuery,
} from './jobs.ts';
export {
  NewRepository,
  Repository,
  type RepositoryBody,
  RepositoryChange,
  RepositoryList,
  RepositoryPlace,
  SecretList,
  SecretPlace,
  SecretValue,
} from './repositories.ts';
export { Runners } from './runners.ts';
export { Login, Session } from './session.ts';
export { CreatedToken, NewToken, TokenList, TokenPlace } from './tokens.ts';
export { WebhookAnswer } from './webhooks.ts';
export { WebsiteList, WebsiteTicket, WebsiteWish } from './websites.ts';
export { ErrorAnswer, Nothing, RepositoryName, StreamBody } from './words.ts';
