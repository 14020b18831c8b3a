import { type Static, Type } from 'typebox';

import {
  Copy,
  Count,
  LayerfilePath,
  Milliseconds,
  RepositoryName,
  StepNumber,
  strict,
  TimeMs,
  listOf,
} from './words.ts';

const JobState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('running'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
  Type.Literal('interrupted'),
]);

const JobCounts = Type.Object({
  restored: Type.Integer(),
  ran: Type.Integer(),
  failed: Type.Integer(),
  waiting: Type.Integer({ description: 'BUTTONs that wait for a person.' }),
  durationMs: Milliseconds,
  savedMs: Type.Number({ minimum: 0, description: 'What the restored steps took when they ran.' }),
});

/** As `Job` of server/jobs/job.ts, which says what each is. */
export const Job = Type.Object({
  id: Count,
  repository: Type.String(),
  ref: Type.String(),
  branch: Type.String(),
  commit: Type.String(),
  title: Type.String(),
  author: Type.String(),
  pushedBy: Type.String(),
  pushedAtMs: TimeMs,
  trust: Type.Union([Type.Literal('trusted'), Type.Literal('fork')]),
  priority: Type.Integer(),
  paths: listOf(Type.String()),
  state: JobState,
  reason: Type.Union([Type.String(), Type.Null()]),
  runs: Type.Integer({ minimum: 0 }),
  startedAtMs: Type.Union([TimeMs, Type.Null()]),
  endedAtMs: Type.Union([TimeMs, Type.Null()]),
  counts: Type.Union([JobCounts, Type.Null()]),
  waiting: listOf(Type.Object({ layerfile: Type.String(), copy: Type.Optional(Type.Integer()), step: Type.Integer() })),
});
export type JobBody = Static<typeof Job>;

const JobRun = Type.Object({
  job: Count,
  number: Count,
  cause: Type.Union([
    Type.Literal('push'),
    Type.Literal('created'),
    Type.Literal('retry'),
    Type.Literal('button'),
    Type.Literal('resumed'),
  ]),
  startedAtMs: TimeMs,
  endedAtMs: Type.Union([TimeMs, Type.Null()]),
  outcome: Type.Union([
    Type.Literal('succeeded'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
    Type.Literal('interrupted'),
    Type.Null(),
  ]),
});

export const JobListQuery = Type.Object(
  {
    search: Type.Optional(
      Type.String({
        maxLength: 500,
        description:
          'Words `repo:x branch:y id:7 status:running|queued|done|failed|cancelled "exact" -minus free text`.',
      }),
    ),
    before: Type.Optional(Count),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  strict,
);

export const JobList = Type.Object({
  jobs: listOf(Job),
  /** What to give as `before` for those that follow; null: there are none. */
  next: Type.Union([Count, Type.Null()]),
});
export type JobList = Static<typeof JobList>;

export const NewJob = Type.Object(
  {
    repository: RepositoryName,
    revision: Type.String({
      minLength: 1,
      maxLength: 255,
      // What git would take for an option, or as an expression over several commits.
      pattern: '^(?![-.])[^\\u0000-\\u0020\\u007f~^:?*\\[\\\\]+$',
      description: 'A branch, a tag or a commit.',
    }),
    paths: Type.Optional(
      Type.Array(LayerfilePath, { maxItems: 100, description: 'Only these Layerfiles or folders.' }),
    ),
    priority: Type.Optional(Type.Integer({ minimum: -100, maximum: 100 })),
  },
  strict,
);

export const JobPlace = Type.Object({ id: Count }, strict);

export const JobAnswer = Type.Object({ job: Job, runs: listOf(JobRun) });
export type JobAnswer = Static<typeof JobAnswer>;

export const ButtonBody = Type.Object(
  { layerfile: LayerfilePath, copy: Type.Optional(Copy), step: StepNumber },
  strict,
);

/** Which run; without: the last one. */
export const RunQuery = Type.Object({ run: Type.Optional(Count) }, strict);

export const EventsQuery = Type.Object(
  {
    run: Type.Optional(Count),
    after: Type.Optional(
      Type.String({
        pattern: '^\\d{1,10}\\.\\d{1,15}$',
        description: 'Goes on after the event with this id, as Last-Event-ID does, which comes first.',
      }),
    ),
  },
  strict,
);

export const LogsQuery = Type.Object(
  {
    run: Type.Optional(Count),
    layerfile: Type.Optional(LayerfilePath),
    copy: Type.Optional(Copy),
    step: Type.Optional(StepNumber),
    follow: Type.Optional(
      Type.Boolean({ description: 'Whether to wait for what a run under way prints later; true by default.' }),
    ),
  },
  strict,
);

export const TerminalQuery = Type.Object(
  {
    layerfile: LayerfilePath,
    step: Type.Optional(
      Type.String({ pattern: '^\\d{1,6}(#\\d{1,6})?$', description: 'NUMBER or NUMBER#COPY; without: the last.' }),
    ),
    columns: Type.Integer({ minimum: 1, maximum: 1000 }),
    rows: Type.Integer({ minimum: 1, maximum: 1000 }),
  },
  strict,
);
