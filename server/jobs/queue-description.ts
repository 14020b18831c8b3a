import type { Job, JobRun } from './job.ts';
import type { DescribedWish } from './machine-pool.ts';

/** What the queue is doing at one moment, and what everything waits for. */
export interface QueueDescription {
  /** False while it recovers, and once it drains: no run begins. */
  readonly isOpen: boolean;
  readonly mostWorkers: number;
  readonly running: readonly DescribedRun[];
  /** In the order in which they will begin. */
  readonly queued: readonly DescribedJob[];
  readonly machines: {
    readonly most: number;
    readonly memoryMib: number;
    readonly usedMib: number;
    readonly wishes: readonly DescribedWish[];
  };
}

export interface DescribedJob {
  readonly job: number;
  readonly repository: string;
  readonly branch: string;
  readonly priority: number;
  /** In words: `a worker`, `a machine`, `its worker to end`, `nothing`. */
  readonly waitsFor: string;
  /** How long it has been queued, or has been running. */
  readonly forMs: number;
}

export interface DescribedRun extends DescribedJob {
  readonly run: number;
  /** Its worker's process id. */
  readonly pid: number | null;
}

interface Running {
  readonly job: Job;
  readonly run: JobRun;
  readonly pid: number | undefined;
  readonly isWaiting: boolean;
  readonly isBeingCancelled: boolean;
}

export function describeRun({ job, run, pid, isWaiting, isBeingCancelled }: Running, nowMs: number): DescribedRun {
  const waitsFor = isBeingCancelled ? 'its worker to end' : isWaiting ? 'a machine' : 'nothing';
  return { ...describeJob(job, waitsFor, nowMs - run.startedAtMs), run: run.number, pid: pid ?? null };
}

export function describeJob({ id, repository, branch, priority }: Job, waitsFor: string, forMs: number): DescribedJob {
  return { job: id, repository, branch, priority, waitsFor, forMs };
}
