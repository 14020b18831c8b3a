import type { JobService } from '../api/services.ts';
import type { Runners } from '../api/schemas/runners.ts';
import type { Job } from '../jobs/job.ts';
import { parseJobFilter } from '../jobs/job-filter.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { JobStore } from '../jobs/job-store.ts';

export interface JobParts {
  readonly store: JobStore;
  readonly queue: JobQueue;
}

/** What the API needs of jobs, of what runs them and what they leave. */
export function jobService({ store, queue }: JobParts): JobService {
  return {
    get: (id) => store.get(id),
    list: (search, page) => store.list(parseJobFilter(search), page),
    runs: (id) => store.runs(id),
    counts: () => store.counts(),
    onChange: (listener) => store.onChange(listener),
    events: (id, run, from) => queue.events(id, run)?.read(from.byte, from) ?? null,
    endedSince: (sinceMs, repository) => [...endedSince(store, sinceMs, repository)],
    recording: (id, run, kind) => queue.recording(id, run, kind),
    submit: (request) => queue.submit(request),
    cancel: (id, by) => queue.cancel(id, by),
    retry: (id) => queue.retry(id),
    press: (id, place) => queue.press(id, place),
    runners: () => runnersOf(queue, Date.now()),
  };
}

const PAGE = 200;
/** A year of a busy team. */
const MOST_ENDED = 20_000;
/** A job may end long after it was pushed, since a BUTTON waits for people. */
const LONGEST_MS = 7 * 24 * 3_600_000;

function* endedSince(store: JobStore, sinceMs: number, repository: string | null): Iterable<Job> {
  const filter = parseJobFilter(repository === null ? '' : `repo:${repository}`);
  let before = Number.MAX_SAFE_INTEGER;
  for (let seen = 0; seen < MOST_ENDED; seen += PAGE) {
    const { jobs, next } = store.list(filter, { before, limit: PAGE });
    yield* jobs.filter(({ endedAtMs }) => endedAtMs !== null && endedAtMs >= sinceMs);
    const oldest = jobs.at(-1);
    if (next === null || oldest === undefined || oldest.pushedAtMs < sinceMs - LONGEST_MS) return;
    before = next;
  }
}

function runnersOf(queue: JobQueue, nowMs: number): Runners {
  const { running, queued, machines } = queue.describe();
  const granted = machines.wishes.filter(({ state }) => state === 'granted');
  const waiting = [...running.filter(({ waitsFor }) => waitsFor !== 'nothing'), ...queued].map(
    ({ job, waitsFor, forMs }) => ({ job, sinceMs: nowMs - forMs, for: waitsFor }),
  );
  const builds = running.map(({ job, forMs }) => ({
    kind: 'build' as const,
    owner: `job ${job}`,
    job,
    sinceMs: nowMs - forMs,
  }));
  const others = granted.flatMap(({ owner, forMs }) => {
    const [, kind, job] = /^(terminal|websites) of job (\d+)$/.exec(owner) ?? [];
    if (kind !== 'terminal' && kind !== 'websites') return [];
    return [{ kind, owner, job: Number(job), sinceMs: nowMs - forMs } as const];
  });
  return {
    machines: { running: granted.length, limit: machines.most },
    memory: { usedMib: machines.usedMib, limitMib: machines.memoryMib },
    workers: [...builds, ...others].map(({ owner, ...worker }) => {
      const own = granted.filter((wish) => wish.owner === owner);
      return { ...worker, machines: own.length, memoryMib: own.reduce((sum, { memoryMib }) => sum + memoryMib, 0) };
    }),
    waiting,
  };
}
