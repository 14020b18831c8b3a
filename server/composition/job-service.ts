import { existsSync, statSync } from 'node:fs';

import type { JobService } from '../api/services.ts';
import type { Runners } from '../api/schemas/runners.ts';
import { JOB_STATES, type JobState } from '../jobs/job.ts';
import { parseJobFilter } from '../jobs/job-filter.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { recordOf, type ServerFolders } from '../jobs/work-place.ts';
import type { ServerDatabase } from '../database.ts';

export interface JobParts {
  readonly store: JobStore;
  readonly queue: JobQueue;
  readonly folders: ServerFolders;
  readonly database: ServerDatabase;
}

/** What the API needs of jobs, of what runs them and what they leave. */
export function jobService({ store, queue, folders, database }: JobParts): JobService {
  return {
    get: (id) => store.get(id),
    list: (search, page) => store.list(parseJobFilter(search), page),
    runs: (id) => store.runs(id),
    counts: () => countsOf(database),
    onChange: (listener) => store.onChange(listener),
    events: (id, run, byte, signal) => queue.events(id, run)?.read(byte, signal) ?? null,
    sizeOf: (id, run) => statSync(`${recordOf(folders, id, run)}.jsonl`, { throwIfNoEntry: false })?.size ?? 0,
    endedSince: (sinceMs, repository) => store.endedSince(sinceMs, repository),
    recording: (id, run, kind) => {
      const path = `${recordOf(folders, id, run)}.${kind === 'report' ? 'html' : 'json'}`;
      return existsSync(path) ? path : null;
    },
    submit: (request) => queue.submit(request),
    cancel: (id, by) => queue.cancel(id, by),
    retry: (id) => queue.retry(id),
    press: (id, place) => queue.press(id, place),
    runners: () => runnersOf(queue, Date.now()),
  };
}

function countsOf({ database }: ServerDatabase): Readonly<Record<JobState, number>> {
  const rows = database.prepare('SELECT state, count(*) AS count FROM jobs GROUP BY state').all();
  const counts = new Map(rows.map((row) => [row['state'], Number(row['count'])]));
  return Object.fromEntries(JOB_STATES.map((state) => [state, counts.get(state) ?? 0])) as Record<JobState, number>;
}

function runnersOf(queue: JobQueue, nowMs: number): Runners {
  const { running, queued, machines } = queue.describe();
  const granted = machines.wishes.filter(({ state }) => state === 'granted');
  const waiting = [
    ...running.filter(({ waitsFor }) => waitsFor !== 'nothing'),
    ...queued,
  ].map(({ job, waitsFor, forMs }) => ({ job, sinceMs: nowMs - forMs, for: waitsFor }));
  const builds = running.map(({ job, forMs }) => ({ kind: 'build' as const, owner: `job ${job}`, job, sinceMs: nowMs - forMs }));
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
