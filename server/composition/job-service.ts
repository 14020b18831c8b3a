import type { JobService } from '../api/services.ts';
import type { Runners } from '../api/schemas/runners.ts';
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
    events: (id, run, byte, signal) => queue.events(id, run)?.read(byte, signal) ?? null,
    sizeOf: (id, run) => queue.sizeOf(id, run),
    endedSince: (sinceMs, repository) => store.endedSince(sinceMs, repository),
    recording: (id, run, kind) => queue.recording(id, run, kind),
    submit: (request) => queue.submit(request),
    cancel: (id, by) => queue.cancel(id, by),
    retry: (id) => queue.retry(id),
    press: (id, place) => queue.press(id, place),
    runners: () => runnersOf(queue, Date.now()),
  };
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
