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
  /** How many machines it has, and their memory. */
  readonly machines: number;
  readonly memoryMib: number;
}

interface Running {
  readonly job: Job;
  readonly run: JobRun;
  /** Under which its machines are known. */
  readonly owner: string;
  readonly pid: number | undefined;
  readonly isWaiting: boolean;
  readonly isBeingCancelled: boolean;
}

export function describeRun(running: Running, wishes: readonly DescribedWish[], nowMs: number): DescribedRun {
  const { job, run, owner, pid, isWaiting, isBeingCancelled } = running;
  const waitsFor = isBeingCancelled ? 'its worker to end' : isWaiting ? 'a machine' : 'nothing';
  const granted = wishes.filter((wish) => wish.owner === owner && wish.state === 'granted');
  return {
    ...describeJob(job, waitsFor, nowMs - run.startedAtMs),
    run: run.number,
    pid: pid ?? null,
    machines: granted.length,
    memoryMib: granted.reduce((sum, { memoryMib }) => sum + memoryMib, 0),
  };
}

export function describeJob({ id, repository, branch, priority }: Job, waitsFor: string, forMs: number): DescribedJob {
  return { job: id, repository, branch, priority, waitsFor, forMs };
}
