/**
 * A job is one push: a commit of a branch that is to be built. What it comes to is the outcome of its last run.
 */

/**
 * `queued` and `running` are on the way; the others are final, and a job has exactly one of them in the end. `interrupted`: the
 * server was killed at it again and again ({@link MAX_RESUMPTIONS}).
 */
export type JobState = (typeof JOB_STATES)[number];
export type FinalJobState = Exclude<JobState, 'queued' | 'running'>;

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;

/** After so many runs that a killed server has cut off, a job is `interrupted`: it may be what kills it. */
export const MAX_RESUMPTIONS = 3;

/** `fork`: somebody from outside wrote what it runs. It gets no secrets, and a store of its own. */
export type Trust = 'trusted' | 'fork';

/** Why a run began: a push, a call of the API, a retry, a BUTTON that was pressed, or that the server was killed in the one before. */
export type RunCause = 'push' | 'created' | 'retry' | 'button' | 'resumed';

/** What a new job is made of. */
export interface JobRequest {
  /** Name of a repository of this server. */
  readonly repository: string;
  /** Full name, as `refs/heads/main` or `refs/pull/3/head`. */
  readonly ref: string;
  /** As people call `ref`: `main`, `pull/3`. Anything git allows: to be escaped wherever it is shown. */
  readonly branch: string;
  /** 40 (or 64) hex digits. */
  readonly commit: string;
  /** First line of the commit's message, at most 500 characters; whatever somebody wrote. */
  readonly title: string;
  /** The commit's author's name. */
  readonly author: string;
  /** Name of the token, or the forge's login of who pushed. */
  readonly pushedBy: string;
  /** Milliseconds since the epoch. */
  readonly pushedAtMs: number;
  readonly trust: Trust;
  /** The greater, the sooner; 0 by default. */
  readonly priority?: number;
  /** Layerfiles or folders, relative to the repository's root; by default all Layerfiles of the commit. */
  readonly paths?: readonly string[];
  readonly cause: 'push' | 'created';
}

export interface Job extends Required<Omit<JobRequest, 'cause'>> {
  /** From 1, in the order of acceptance. */
  readonly id: number;
  readonly state: JobState;
  /** Why it ended so, in words: `superseded by job 13`, `cancelled by NAME`, what the environment lacks. Null where there is nothing to say. */
  readonly reason: string | null;
  /** How many runs it has had, the one under way included. */
  readonly runs: number;
  /** Of the last run; null before it begins. */
  readonly startedAtMs: number | null;
  /** Null until it has ended. */
  readonly endedAtMs: number | null;
  /** Counts of the last run that ended; null before. */
  readonly counts: JobCounts | null;
  /** The BUTTONs of the last run that wait for a person. */
  readonly waiting: readonly ButtonPlace[];
}

/** As in the run's `result` event. */
export interface JobCounts {
  readonly restored: number;
  readonly ran: number;
  readonly failed: number;
  /** BUTTONs that wait for a person. */
  readonly waiting: number;
  readonly durationMs: number;
  /** What the restored steps took when they ran. */
  readonly savedMs: number;
}

export interface JobRun {
  readonly job: number;
  /** From 1. */
  readonly number: number;
  readonly cause: RunCause;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: FinalJobState | null;
}

/** A BUTTON of a job. */
export interface ButtonPlace {
  /** Path relative to the repository's root. */
  readonly layerfile: string;
  /** Below a SPLIT: which copy, from 0. */
  readonly copy?: number;
  /** The step's number, from 1. */
  readonly step: number;
}

export function isSameButton(one: ButtonPlace, other: ButtonPlace): boolean {
  return one.layerfile === other.layerfile && one.copy === other.copy && one.step === other.step;
}
