import type { Job, JobRequest } from '../jobs/job.ts';

/** What pushes need of the jobs. */
export interface PushJobs {
  /** Durable before it returns, together with the ref's value as known. A newer push on a branch cancels what is unfinished of older ones. */
  submit(request: JobRequest): Job;
  cancel(id: number, by: string): void;
  /** The jobs of a ref, the newest first; at least those that are not finished. */
  ofRef(repository: string, ref: string): readonly Job[];
  /** Which value of each ref became a job, or was to become none. */
  knownRefs(repository: string): ReadonlyMap<string, string>;
  /** The ref has this value (null: it is gone), and no job is to be made for that. */
  rememberRef(repository: string, ref: string, commit: string | null): void;
}
