import type { ButtonPlace, FinalJobState, Job, JobCounts, JobRun, JobState, RunCause, Trust } from './job.ts';

/** As node:sqlite gives rows. */
export type Row = Readonly<Record<string, unknown>>;

/** What the queue knows of a job besides what everybody sees. */
export interface QueuedFacts {
  readonly pressed: readonly ButtonPlace[];
  /** Why it is being cancelled; null: it is not. */
  readonly cancelling: string | null;
  /** Why its next run begins; of a running job: that there will be one. */
  readonly nextCause: RunCause | null;
  /** How many runs in a row a killed server has cut off. */
  readonly resumptions: number;
}

export function jobOf(row: Row): Job {
  return {
    id: row['id'] as number,
    repository: row['repository'] as string,
    ref: row['ref'] as string,
    branch: row['branch'] as string,
    commit: row['commit_id'] as string,
    title: row['title'] as string,
    author: row['author'] as string,
    pushedBy: row['pushed_by'] as string,
    pushedAtMs: row['pushed_at_ms'] as number,
    trust: row['trust'] as Trust,
    priority: row['priority'] as number,
    paths: JSON.parse(row['paths'] as string) as readonly string[],
    state: row['state'] as JobState,
    reason: row['reason'] as string | null,
    runs: row['runs'] as number,
    startedAtMs: row['started_at_ms'] as number | null,
    endedAtMs: row['ended_at_ms'] as number | null,
    counts: row['counts'] === null ? null : (JSON.parse(row['counts'] as string) as JobCounts),
    waiting: JSON.parse(row['waiting'] as string) as readonly ButtonPlace[],
  };
}

export function queuedFactsOf(row: Row): QueuedFacts {
  return {
    pressed: JSON.parse(row['pressed'] as string) as readonly ButtonPlace[],
    cancelling: row['cancelling'] as string | null,
    nextCause: row['next_cause'] as RunCause | null,
    resumptions: row['resumptions'] as number,
  };
}

export function runOf(row: Row): JobRun {
  return {
    job: row['job'] as number,
    number: row['number'] as number,
    cause: row['cause'] as RunCause,
    startedAtMs: row['started_at_ms'] as number,
    endedAtMs: row['ended_at_ms'] as number | null,
    outcome: row['outcome'] as FinalJobState | null,
  };
}
