import type { EventLog } from './event-log.ts';
import type { EventSource } from './job-events.ts';
import type { JobStore } from './job-store.ts';
import { endLine } from './run-outcome.ts';
import { recordOf, type ServerFolders } from './work-place.ts';

export interface RunPlace {
  readonly id: number;
  readonly run: number;
  /** The run's log, while it goes on. */
  readonly log: () => EventLog | null;
  readonly store: JobStore;
  readonly folders: ServerFolders;
}

/** Where the events of a run are: waits for one that is to come. Null where it has not begun and `signal` is aborted. */
export async function openSource(place: RunPlace, signal: AbortSignal): Promise<EventSource | null> {
  if (!(await hasBegun(place, signal))) return null;
  const { id, run, log, folders } = place;
  return { path: `${recordOf(folders, id, run)}.jsonl`, log: log(), endLine: () => missingEnd(place) };
}

/** Whether it has begun, or never will. */
async function hasBegun({ id, run, store }: RunPlace, signal: AbortSignal): Promise<boolean> {
  const mayBegin = (): boolean => {
    const job = store.get(id);
    return job?.state === 'queued' && job.runs < run;
  };
  if (!mayBegin() || signal.aborted) return !mayBegin();
  const changed = Promise.withResolvers<undefined>();
  using _listening = store.onChange((job) => {
    if (job.id === id && !mayBegin()) changed.resolve(undefined);
  });
  const onAbort = (): void => changed.resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  await changed.promise;
  signal.removeEventListener('abort', onAbort);
  return !mayBegin();
}

/** As the table knows it. Of a run that never was, its job says how it ended. */
function missingEnd({ id, run, store }: RunPlace): string {
  const job = store.get(id);
  const ended = store.runs(id).find(({ number }) => number === run);
  const isLast = job !== null && job.runs <= run;
  const jobEnd = job?.state === 'queued' || job?.state === 'running' ? undefined : job?.state;
  const state = ended?.outcome ?? (isLast ? jobEnd : undefined) ?? 'interrupted';
  return endLine(state, isLast ? job.reason : null, ended?.endedAtMs ?? job?.endedAtMs ?? 0);
}
