import { Access, type Caller } from '../access/index.ts';
import type { ServerDatabase } from '../database.ts';
import { openRepositories, type Repositories } from '../git/index.ts';
import type { Job } from '../jobs/job.ts';
import { type JobQueue, type JobQueueOptions, openJobQueue } from '../jobs/job-queue.ts';
import { JobStore } from '../jobs/job-store.ts';
import { workForPeople } from '../jobs/work-for-people.ts';
import type { ServerFolders } from '../jobs/work-place.ts';
import { Terminals } from '../terminals/index.ts';
import { Websites } from '../websites/index.ts';
import type { OwnPlace } from './own-place.ts';

/** The table of jobs, what runs them, and what people do with their machines. */
export interface Works {
  readonly repositories: Repositories;
  readonly store: JobStore;
  readonly queue: JobQueue;
  readonly terminals: Terminals;
  readonly websites: Websites;
}

export interface WorksOptions {
  /** Absolute. */
  readonly folders: Pick<ServerFolders, 'home' | 'data'>;
  /** How many machines may run at once; null: one for each processor. */
  readonly jobs: number | null;
  /** For all machines together; null: most of what is free. */
  readonly memoryMib: number | null;
  /** For tests: how workers are started. */
  readonly workers?: JobQueueOptions['workers'];
}

interface Around {
  readonly database: ServerDatabase;
  readonly access: Access;
  readonly own: OwnPlace;
}

export async function openWorks(
  { folders: { home, data }, jobs, memoryMib, workers = {} }: WorksOptions,
  { database, access, own }: Around,
): Promise<Works> {
  const repositories = openRepositories(database, data);
  const folders: ServerFolders = { home, data, repositoryOf: (name) => repositories.open(name)?.folder ?? null };
  const store = new JobStore(database);
  const queue = await openJobQueue({
    store,
    folders,
    workers,
    ...(jobs === null ? {} : { jobs }),
    ...(memoryMib === null ? {} : { memoryMib }),
    cancelsSuperseded: (name) => repositories.open(name)?.settings.cancelSuperseded ?? true,
    // Machines that websites keep awake go to sleep when somebody waits for one.
    onNeed: () => websites.yield(),
  });
  const startWork = workForPeople({ folders, machines: queue.machines, workers });
  const websites: Websites = new Websites({
    startWork,
    eventsOf: (job) => linesOf(queue, job),
    isKnown: (caller) => isKnown(access, caller),
    port: () => own.port,
    publicUrl: own.publicUrl,
  });
  const terminals = new Terminals({
    startWork,
    isMachineWanted: () => queue.machines.describe().some(({ state }) => state === 'waiting'),
  });
  return { repositories, store, queue, terminals, websites };
}

async function* linesOf(queue: JobQueue, { id, runs }: Job): AsyncIterable<string> {
  const events = queue.events(id, runs);
  if (events !== null) for await (const { line } of events.read(0, { follow: false })) yield line;
}

/** A pass to a website counts as long as the token does that it was had with. */
function isKnown(access: Access, caller: Caller): boolean {
  return 'token' in caller && typeof caller.token === 'number' && access.isKnown(caller.token);
}
