import type { OpenStreams } from '../api/index.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Told } from '../operations/index.ts';
import { formatDuration } from '../../util/duration.ts';
import { printableLine } from '../../util/printable-text.ts';

/** Jobs, their turns and their machines, for SIGUSR1. */
export function queueLines(queue: JobQueue): readonly Told[] {
  const { isOpen, mostWorkers, running, queued, machines } = queue.describe();
  const name = (job: { readonly job: number; readonly repository: string; readonly branch: string }): string =>
    `job ${job.job} (${job.repository} ${printableLine(job.branch)})`;
  return [
    {
      of: `jobs that run, ${running.length} of at most ${mostWorkers}${isOpen ? '' : ', no more are begun'}`,
      lines: running.map(
        (run) =>
          `${name(run)}, run ${run.run}, process ${run.pid ?? 'none'}: for ${formatDuration(run.forMs)}, waits for ${run.waitsFor}`,
      ),
    },
    {
      of: `jobs that wait, ${queued.length}`,
      lines: queued.map((job) => `${name(job)}: waits for ${job.waitsFor} since ${formatDuration(job.forMs)}`),
    },
    {
      of: `machines, at most ${machines.most}, ${machines.usedMib} of ${machines.memoryMib} MiB taken`,
      lines: machines.wishes.map(
        ({ owner, memoryMib, state, forMs }) =>
          `${owner}: ${memoryMib} MiB, ${state === 'granted' ? 'has it' : 'waits for it'} since ${formatDuration(forMs)}`,
      ),
    },
  ];
}

/** Answers that stay open: of each kind how many, since streams of one job may be hundreds. */
export function streamLines(streams: OpenStreams, nowMs = Date.now()): Told {
  const kinds = Map.groupBy(streams.list(), ({ what }) => what);
  const lines = [...kinds].map(([what, open]) => {
    const oldestMs = nowMs - Math.min(...open.map(({ sinceMs }) => sinceMs));
    return `${what}: ${open.length}, the oldest for ${formatDuration(oldestMs)}`;
  });
  return { of: `open streams, ${streams.list().length}`, lines };
}
