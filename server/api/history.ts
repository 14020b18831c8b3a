import type { Job } from '../jobs/job.ts';
import type { History } from './schemas/index.ts';
import type { JobService } from './services.ts';

const DAY_MS = 86_400_000;
const PAGE = 200;

/** A year of a busy team is summed up to here. */
const MOST_JOBS = 20_000;

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
  const byDay = Map.groupBy(endedSince(jobs, repository, sinceMs), ({ endedAtMs }) => dayOf(endedAtMs ?? 0));
  return [...byDay].map(([day, ended]) => summary(day, ended)).sort((a, b) => (a.day < b.day ? -1 : 1));
}

function* endedSince(jobs: JobService, repository: string | undefined, sinceMs: number): Iterable<Job> {
  let before: number | null = null;
  for (let seen = 0; seen < MOST_JOBS; seen += PAGE) {
    const search = repository === undefined ? '' : `repo:${repository}`;
    const page = jobs.list(search, { limit: PAGE, ...(before === null ? {} : { before }) });
    const wanted = page.jobs.filter((job) => repository === undefined || job.repository === repository);
    yield* wanted.filter(({ endedAtMs }) => endedAtMs !== null && endedAtMs >= sinceMs);
    // Jobs come by their numbers: one that was pushed before may have ended since, of those long before none has.
    const last = page.jobs.at(-1);
    if (page.next === null || last === undefined || last.pushedAtMs < sinceMs - 7 * DAY_MS) return;
    before = page.next;
  }
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
