import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { endOrphan } from './end-orphan.ts';
import { type Job, MAX_RESUMPTIONS } from './job.ts';
import type { JobStore, OpenJobRun } from './job-store.ts';
import { mendLog } from './log-file.ts';
import { readRunEnd } from './run-end.ts';
import { cancelledRun, endLine, outcomeOf } from './run-outcome.ts';
import { recordOf, type ServerFolders } from './work-place.ts';

/**
 * Ends the runs that a killed server has left: their workers first, so that nothing is done twice at a time. One whose worker had
 * ended by then is what that said; one that was being cancelled is cancelled; all others are to run again.
 */
export async function recoverRuns(store: JobStore, folders: ServerFolders): Promise<void> {
  await Promise.all(store.running().map((open) => recoverRun(open, store, folders)));
}

async function recoverRun({ job, facts, worker }: OpenJobRun, store: JobStore, folders: ServerFolders): Promise<void> {
  if (worker !== null) await endOrphan(worker, Date.now() - (job.startedAtMs ?? 0));
  const record = recordOf(folders, job.id, job.runs);
  const left = readRunEnd(`${record}.end`);
  const outcome = (left && outcomeOf(left)) ?? (facts.cancelling === null ? null : cancelledRun(facts.cancelling));
  if (outcome === null) store.cutOff(job.id, job.runs, { counted: true, most: MAX_RESUMPTIONS });
  else store.endRun(job.id, job.runs, outcome);
  const line = outcome === null ? cutOffLine(store.get(job.id)) : endLine(outcome.outcome, outcome.reason, Date.now());
  mend(record, line);
}

function cutOffLine(job: Job | null): string {
  const reason =
    job?.state === 'queued' ? `the server was ended; it goes on in run ${job.runs + 1}` : (job?.reason ?? null);
  return endLine('interrupted', reason, Date.now());
}

/** Where it cannot be done the log is read as if it had: it has no half lines for its readers, and no log is without an end. */
function mend(record: string, line: string): void {
  try {
    mkdirSync(dirname(record), { recursive: true, mode: 0o700 });
    mendLog(`${record}.jsonl`, line);
  } catch {
    // A disk that is full keeps no server from starting.
  }
}
