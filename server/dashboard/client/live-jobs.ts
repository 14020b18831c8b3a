import type { JobBody as Job } from '../../api/schemas/index.ts';
import { followStream } from './event-stream.ts';

type Listener = (job: Job) => void;

/** Changes of jobs, for whoever on the page wants to know: one connection for all of them. */
const listeners = new Set<Listener>();
const reopened = new Set<() => void>();
let aborter: AbortController | null = null;

/** `onReopen`: the connection was lost for a while, so changes may have been missed. */
export function watchJobs(listener: Listener, onReopen: () => void): () => void {
  listeners.add(listener);
  reopened.add(onReopen);
  start();
  return () => {
    listeners.delete(listener);
    reopened.delete(onReopen);
    if (listeners.size > 0) return;
    aborter?.abort();
    aborter = null;
  };
}

function start(): void {
  if (aborter !== null) return;
  aborter = new AbortController();
  let isFirst = true;
  const onOpen = (): void => {
    if (!isFirst) for (const tell of reopened) tell();
    isFirst = false;
  };
  void followStream({ path: '/api/jobs/live', onEvents: tellAll, onOpen }, aborter.signal);
}

function tellAll(events: readonly { readonly event: string; readonly data: string }[]): false {
  for (const { event, data } of events) {
    if (event !== 'job') continue;
    const job = JSON.parse(data) as Job;
    for (const listener of listeners) listener(job);
  }
  return false;
}
