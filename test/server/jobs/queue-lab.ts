import { join } from 'node:path';

import type { Job, JobRequest } from '../../../server/jobs/job.ts';
import { type JobQueue, type JobQueueOptions, openJobQueue } from '../../../server/jobs/job-queue.ts';
import { request, StoreLab } from './store-lab.ts';

export const FAKE_WORKER = {
  script: join(import.meta.dirname, 'fake-job-worker.ts'),
  args: [],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
};

/** A queue over a store of its own, with workers that build nothing. */
export class QueueLab implements AsyncDisposable {
  readonly lab = new StoreLab();
  readonly folders = { data: this.lab.folder, home: join(this.lab.folder, 'home') };
  #queue: JobQueue | null = null;
  #commits = 0;

  get queue(): JobQueue {
    if (this.#queue === null) throw new Error('No queue is open');
    return this.#queue;
  }

  async open(options: Partial<JobQueueOptions> = {}): Promise<this> {
    this.lab.nowMs = Date.now();
    this.#queue = await openJobQueue({
      ...{ store: this.lab.store, folders: this.folders, jobs: 1, memoryMib: 1024 },
      ...{ workers: { program: FAKE_WORKER } },
      ...options,
    });
    await this.#queue.recover();
    return this;
  }

  /** A push whose worker does as `how` says. */
  submit(how: string, given: Partial<JobRequest> = {}): Job {
    const commit = (++this.#commits).toString(16).padStart(40, '0');
    return this.queue.submit(request({ commit, branch: `branch-${this.#commits}`, paths: [how], ...given }));
  }

  /** Resolves when the job is as `holds` says. */
  async until(id: number, holds: (job: Job) => boolean): Promise<Job> {
    const { store } = this.lab;
    const reached = Promise.withResolvers<Job>();
    const look = (): void => {
      const job = store.get(id);
      if (job !== null && holds(job)) reached.resolve(job);
    };
    using _listening = store.onChange(look);
    look();
    return await reached.promise;
  }

  async ended(id: number): Promise<Job> {
    return this.until(id, ({ state }) => state !== 'queued' && state !== 'running');
  }

  /** Resolves when the run has printed `text`. */
  async printed(id: number, run: number, text: string): Promise<void> {
    for await (const { line } of this.queue.events(id, run)?.read() ?? []) if (line.includes(text)) return;
    throw new Error(`Job ${id} never printed ${text}`);
  }

  /** The names of all events of a run, and its last one whole. */
  async events(
    id: number,
    run: number,
  ): Promise<{ readonly names: string; readonly last: Readonly<Record<string, unknown>> }> {
    const events: Record<string, unknown>[] = [];
    for await (const { line } of this.queue.events(id, run)?.read() ?? [])
      events.push(JSON.parse(line) as Record<string, unknown>);
    return { names: events.map(({ event }) => String(event)).join(' '), last: events.at(-1) ?? {} };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue?.[Symbol.asyncDispose]();
    this.lab[Symbol.dispose]();
  }
}
