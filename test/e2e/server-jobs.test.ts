import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { BuildEvent } from '../../runner/index.ts';
import { openDatabase } from '../../server/database.ts';
import type { Job, JobRequest } from '../../server/jobs/job.ts';
import { type JobQueue, openJobQueue } from '../../server/jobs/job-queue.ts';
import { JobStore } from '../../server/jobs/job-store.ts';
import { JOB_TABLES } from '../../server/jobs/job-tables.ts';
import { askGit } from '../../util/ask-git.ts';
import { processesNaming } from '../helpers/processes.ts';
import { machineTest } from './machine-test.ts';
import { Project } from './project.ts';
import { untilGone } from './until-gone.ts';

const ROOT = join(import.meta.dirname, '../..');
/** As `./layer` starts itself: from the bundle. */
const WORKER = {
  script: join(ROOT, 'setup/start.cjs'),
  args: ['serve-worker'],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
};

const LAYERFILE = 'FROM vm/debian:12\nCOPY src src\nRUN cat src/value && echo built > /root/built\n';

/** Pushes of a project to a bare repository of a server, and its jobs. */
class ServerLab implements AsyncDisposable {
  readonly project = Project.of({ Layerfile: LAYERFILE, 'src/value': 'one\n', 'README.md': 'read me\n' });
  readonly data = join(this.project.home, 'server');
  readonly #repository = join(this.data, 'repositories/shop.git');
  readonly #file;
  readonly store: JobStore;

  constructor() {
    this.project.git('init', '--quiet', '--bare', this.#repository);
    this.#file = openDatabase(join(this.data, 'server.sqlite'), [JOB_TABLES]);
    this.store = new JobStore(this.#file);
  }

  async queue(): Promise<JobQueue> {
    const folders = { data: this.data, home: this.project.home };
    const queue = await openJobQueue({ store: this.store, folders, jobs: 1, workers: { program: WORKER } });
    await queue.recover();
    return queue;
  }

  push(title: string): JobRequest {
    this.project.git('commit', '--quiet', '--all', '--allow-empty', '-m', title);
    this.project.git('push', '--quiet', this.#repository, 'HEAD:refs/heads/main');
    const commit = askGit(this.project.repository, ['rev-parse', 'HEAD']).toString('utf8').trim();
    const of = { repository: 'shop', ref: 'refs/heads/main', branch: 'main', commit, title, author: 'test' };
    return { ...of, pushedBy: 'test', pushedAtMs: Date.now(), trust: 'trusted', cause: 'push' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file[Symbol.dispose]();
    this.project[Symbol.dispose]();
    return Promise.resolve();
  }
}

async function eventsOf(queue: JobQueue, { id }: Job): Promise<readonly BuildEvent[]> {
  const events: BuildEvent[] = [];
  for await (const { line } of queue.events(id, 1)?.read() ?? []) events.push(JSON.parse(line) as BuildEvent);
  return events;
}

machineTest(
  'a push is built by a worker in a machine, and one that no step reads is restored without any',
  async (t) => {
    await using lab = new ServerLab();
    await using queue = await lab.queue();
    const first = queue.submit(lab.push('the first'));
    const built = await eventsOf(queue, first);
    t.like(lab.store.get(first.id), { state: 'succeeded', reason: null, counts: { restored: 1, ran: 2, failed: 0 } });
    t.true(built.some((event) => event.event === 'output' && event.text.includes('one')));
    t.is(built.filter(({ event }) => event === 'machine').length, 2);
    const report = queue.recording(first.id, 1, 'report') ?? '';
    t.regex(readFileSync(report, 'utf8').slice(0, 100), /^<!doctype html>/i);
    t.not(queue.recording(first.id, 1, 'timeline'), null);

    lab.project.write('README.md', 'read me again\n');
    const startedMs = performance.now();
    const second = queue.submit(lab.push('the second'));
    const restored = await eventsOf(queue, second);
    t.log(`restored ${Math.round(performance.now() - startedMs)} ms after the push`);
    t.like(lab.store.get(second.id), { state: 'succeeded', counts: { restored: 3, ran: 0, failed: 0 } });
    t.is(restored.filter(({ event }) => event === 'machine').length, 0);

    lab.project.write('Layerfile', `${LAYERFILE}RUN echo begun && exec sleep 100000\n`);
    const third = queue.submit(lab.push('the third'));
    for await (const { line } of queue.events(third.id, 1)?.read() ?? []) if (line.includes('begun')) break;
    t.true(processesNaming(lab.project.home).length > 0);
    queue.cancel(third.id, 'test');
    await eventsOf(queue, third);
    t.like(lab.store.get(third.id), { state: 'cancelled', reason: 'cancelled by test' });
    t.true(await untilGone(() => processesNaming(lab.project.home)), 'its machine ended with it');
    t.deepEqual(queue.describe().machines.wishes, []);
  },
);
