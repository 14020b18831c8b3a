import { PERSON_RANK } from '../jobs/machine-pool.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { type ServerFolders, workPlaceOf } from '../jobs/work-place.ts';
import type { StartWork } from '../worker/machine-worker.ts';
import { startWorker } from '../worker/worker-process.ts';

/** Terminals and websites of a job: workers whose machines come before those of all jobs. Job and kind stand in the wish's name. */
export function workStarter(queue: JobQueue, folders: ServerFolders): StartWork {
  return (job, work, { onMessage, signal }) => {
    const name = `${work.kind} of job ${job.id}`;
    const wishes = queue.machines.open({ name, rank: PERSON_RANK }, (message) => worker.send(message));
    const worker = startWorker(workPlaceOf(job, folders), work, {
      signal,
      onMessage: (message) => {
        wishes.hear(message);
        onMessage(message);
      },
    });
    void worker.ended.finally(() => wishes[Symbol.dispose]());
    return worker;
  };
}
