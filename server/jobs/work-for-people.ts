import { type StartWork, startMachineWorker } from '../worker/machine-worker.ts';
import type { WorkerOptions } from '../worker/worker-process.ts';
import { type MachinePool, PERSON_RANK } from './machine-pool.ts';
import { factsOf } from './run-facts.ts';
import { type ServerFolders, workPlaceOf } from './work-place.ts';

export interface WorkForPeople {
  readonly folders: ServerFolders;
  readonly machines: MachinePool;
  /** How workers are started. */
  readonly workers?: Pick<WorkerOptions, 'program' | 'limits'>;
}

/** Starts terminals and websites: where their job ran, with what it was given, before all jobs that wait for a machine. */
export function workForPeople({ folders, machines, workers = {} }: WorkForPeople): StartWork {
  return (job, work, options) => {
    const name = `${work.kind === 'terminal' ? 'terminal' : 'websites'} of job ${job.id}`;
    return startMachineWorker(
      workPlaceOf(job, folders),
      { ...work, facts: factsOf(job) },
      { ...workers, ...options, slots: machines.slotsFor({ name, rank: PERSON_RANK }), priority: 0 },
    );
  };
}
