import type { JobQueue } from '../jobs/job-queue.ts';
import { PERSON_RANK } from '../jobs/machine-pool.ts';
import { type ServerFolders, workPlaceOf } from '../jobs/work-place.ts';
import { type StartWork, startMachineWorker } from '../worker/machine-worker.ts';

/** Terminals and websites of a job: workers whose machines come before those of all jobs. Kind and job stand in the owner's name. */
export function workStarter(queue: JobQueue, folders: ServerFolders): StartWork {
  return (job, work, options) => {
    const owner = { name: `${work.kind} of job ${job.id}`, rank: PERSON_RANK };
    return startMachineWorker(workPlaceOf(job, folders), work, {
      ...options,
      slots: queue.machines.slotsFor(owner),
      priority: 0,
    });
  };
}
