import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { JobStore } from './job-store.ts';
import type { ServerFolders } from './work-place.ts';

/** Of so many jobs, the newest, all that their runs left is kept. */
const KEPT_JOBS = 1000;
/** And of all that ended since; ms. */
const KEPT_MS = 90 * 24 * 3_600_000;
const INTERVAL_MS = 24 * 3_600_000;

export interface OldRecordsOptions {
  readonly store: Pick<JobStore, 'get'>;
  readonly folders: Pick<ServerFolders, 'data'>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly keptJobs?: number;
}

/**
 * Removes the logs, reports and timelines of jobs that ended long ago; the jobs themselves stay in the table, and so in searches and in the
 * history. Resolves to how many jobs lost theirs.
 */
export async function removeOldRecords(options: OldRecordsOptions): Promise<number> {
  const { store, folders, nowMs, signal, keptJobs = KEPT_JOBS } = options;
  const folder = join(folders.data, 'jobs');
  const names = await readdir(folder).catch((): string[] => []);
  const ids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const newestFirst = ids.sort((one, other) => other - one);
  let removed = 0;
  for (const id of newestFirst.slice(keptJobs)) {
    signal.throwIfAborted();
    const job = store.get(id);
    if (job !== null && (job.endedAtMs === null || nowMs - job.endedAtMs < KEPT_MS)) continue;
    await rm(join(folder, String(id)), { recursive: true, force: true });
    removed++;
  }
  return removed;
}

/** Does that now and every day, until it is disposed. What goes wrong is told, and tried again the next day. */
export function startRecordUpkeep(
  options: Pick<OldRecordsOptions, 'store' | 'folders'> & { readonly onTrouble: (error: unknown) => void },
): Disposable {
  const ending = new AbortController();
  const { signal } = ending;
  const clean = (): void => {
    removeOldRecords({ ...options, nowMs: Date.now(), signal }).catch((error: unknown) => {
      if (!signal.aborted) options.onTrouble(error);
    });
  };
  clean();
  const timer = setInterval(clean, INTERVAL_MS).unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      ending.abort();
    },
  };
}
