import type { Job } from './job.ts';

/** What a job's run is given for BUILD ENV and SKIP REMAINING IF; `run` from 1, by default its last one. */
export function factsOf({ id, branch, runs }: Job, run = runs): Readonly<Record<string, string>> {
  return { JOB_ID: String(id), RETRY_INDEX: String(Math.max(run - 1, 0)), GIT_BRANCH: branch };
}
