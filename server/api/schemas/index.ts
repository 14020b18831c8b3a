/** The shapes of all requests and answers. The dashboard takes their types from here, and nothing else of the server. */
export { EventLine, type RecordedEvent, RunEnded } from './events.ts';
export { History, HistoryQuery } from './history.ts';
export {
  ButtonBody,
  EventsQuery,
  Job,
  JobAnswer,
  type JobBody,
  JobCounts,
  JobList,
  JobListQuery,
  JobPlace,
  JobRun,
  JobState,
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
export { CreatedToken, NewToken, Token, TokenList, TokenPlace } from './tokens.ts';
export { WebhookAnswer } from './webhooks.ts';
export { WebsiteList, WebsiteTicket, WebsiteWish } from './websites.ts';
export { ErrorAnswer, LayerfilePath, Nothing, RepositoryName, Role, StreamBody } from './words.ts';
