import type { PushJobs, WatchedJobs } from '../git/index.ts';
import type { JobParts } from './job-service.ts';

const NO_EVENTS = { read: (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: ended }) }) };

function ended(): Promise<IteratorResult<never>> {
  return Promise.resolve({ done: true, value: undefined });
}

/** What pushes need of jobs. `onPush` is told of each job that a push has made. */
export function pushService({ store, queue }: JobParts, onPush: () => void): PushJobs & WatchedJobs {
  return {
    get: (id) => store.get(id),
    onChange: (listener) => store.onChange(listener),
    events: (id, run) => queue.events(id, run) ?? NO_EVENTS,
    submit: (request) => {
      onPush();
      return queue.submit(request);
    },
    cancel: (id, by) => void queue.cancel(id, by),
    ofRef: (repository, ref) => store.ofRef(repository, ref),
    knownRefs: (repository) => store.knownRefs(repository),
    rememberRef: (repository, ref, commit) => store.rememberRef(repository, ref, commit),
  };
}
