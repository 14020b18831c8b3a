import type { Job } from '../jobs/job.ts';
import type { History } from './schemas/index.ts';
import type { JobService } from './services.ts';

const DAY_MS = 86_400_000;
/** What came of the jobs that ended in the last `days` days, day by day, the oldest first. */
export function historyOf(
  jobs: JobService,
  {
    repository,
    days,
    nowMs,
  }: { readonly repository: string | undefined; readonly days: number; readonly nowMs: number },
): History {
  const sinceMs = (Math.floor(nowMs / DAY_MS) - days + 1) * DAY_MS;
  const byDay = Map.groupBy(jobs.endedSince(sinceMs, repository ?? null), ({ endedAtMs }) => dayOf(endedAtMs ?? 0));
  return [...byDay].map(([day, ended]) => summary(day, ended)).sort((a, b) => (a.day < b.day ? -1 : 1));
}

function summary(day: string, jobs: readonly Job[]): History[number] {
  const counts = jobs.flatMap((job) => (job.counts === null ? [] : [job.counts]));
  const sum = (of: (one: (typeof counts)[number]) => number): number =>
    counts.reduce((total, one) => total + of(one), 0);
  return {
    day,
    jobs: jobs.length,
    failed: jobs.filter(({ state }) => state === 'failed').length,
    medianDurationMs: median(
      jobs.filter(({ state }) => state === 'succeeded' || state === 'failed').flatMap(durationOf),
    ),
    restored: sum(({ restored }) => restored),
    ran: sum(({ ran }) => ran),
    savedMs: sum(({ savedMs }) => savedMs),
  };
}

function durationOf({ counts }: Job): readonly number[] {
  return counts === null ? [] : [counts.durationMs];
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
