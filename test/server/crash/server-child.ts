/**
 * A server without its network, for `killed-server.ts`: `server-child.ts FOLDER SEED [finish]`. It recovers what was left in FOLDER, and then
 * accepts job after job, cancels some, and runs them with workers that build nothing; with `finish` it accepts none, and ends when all have ended.
 * What it has told anybody it notes in FOLDER: `accepted` (a job's number, when its push was answered) and `finals` (a number and a final state).
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openDatabase } from '../../../server/database.ts';
import { openJobQueue } from '../../../server/jobs/job-queue.ts';
import { JobStore } from '../../../server/jobs/job-store.ts';
import { JOB_TABLES } from '../../../server/jobs/job-tables.ts';
import { randomFrom } from '../../crash/sample.ts';
import { FAKE_WORKER } from '../jobs/queue-lab.ts';
import { request } from '../jobs/store-lab.ts';

const [, , folder = '', seed = '1', mode] = process.argv;
const random = randomFrom(Number(seed));
const MOST_PAUSE_MS = 40;

using file = openDatabase(join(folder, 'server.sqlite'), [JOB_TABLES]);
const store = new JobStore(file);
using _noting = store.onChange(({ id, state }) => {
  if (state !== 'queued' && state !== 'running') note('finals', `${id} ${state}`);
});
await using queue = await openJobQueue({
  store,
  folders: { data: folder, home: join(folder, 'home') },
  jobs: 2,
  memoryMib: 1024,
  mostWorkers: 4,
  workers: { program: { ...FAKE_WORKER, args: [join(folder, 'completions')] } },
});
await queue.recover();
process.send?.('recovered');
if (mode === 'finish') await untilAllEnded();
else for (;;) await acceptOne();
process.disconnect();

async function acceptOne(): Promise<void> {
  const number = (store.list().jobs[0]?.id ?? 0) + 1;
  const branch = `branch-${Math.floor(random() * 20)}`;
  const repository = `repository-${Math.floor(random() * 5)}`;
  const commit = number.toString(16).padStart(40, '0');
  const priority = Math.floor(random() * 2);
  const job = queue.submit(
    request({ commit, branch, repository, priority, paths: [random() < 0.9 ? 'slow' : 'fail'] }),
  );
  note('accepted', String(job.id));
  if (random() < 0.1) queue.cancel(Math.max(1, job.id - Math.floor(random() * 4)), 'somebody');
  await delay(random() * MOST_PAUSE_MS);
}

async function untilAllEnded(): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  const look = (): void => {
    const { queued, running } = store.counts();
    if (queued + running === 0) ended.resolve(undefined);
  };
  using _listening = store.onChange(look);
  look();
  await ended.promise;
}

function note(name: string, line: string): void {
  appendFileSync(join(folder, name), `${line}\n`);
}
