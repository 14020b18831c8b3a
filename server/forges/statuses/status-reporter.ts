import { setTimeout as delay } from 'node:timers/promises';

import type { ServerDatabase } from '../../database.ts';
import type { Job } from '../../jobs/job.ts';
import type { Repositories } from '../../git/index.ts';
import { postStatus } from './post-status.ts';
import { StatusTable } from './status-table.ts';
import { statusRequest } from './status-words.ts';

/** What statuses need of the jobs. */
export interface ReportedJobs {
  get(id: number): Job | null;
  /** The newest, at least those that may have changed while nobody listened. */
  recent(): readonly Job[];
  onChange(listener: (job: Job) => void): Disposable;
}

export interface StatusReporterOptions {
  /** With FORGE_TABLES. */
  readonly database: ServerDatabase;
  readonly repositories: Repositories;
  readonly jobs: ReportedJobs;
  readonly jobUrl: (id: number) => string;
  /** What went wrong with a repository, for who runs the server; without secrets. */
  readonly onTrouble?: (repository: string, trouble: string) => void;
  /** How long to wait before each next try. */
  readonly pausesMs?: readonly number[];
}

const PAUSES_MS = [1000, 5000, 30_000, 120_000, 600_000, 1_800_000];
const AT_ONCE = 4;
/** Of so many jobs at most a forge is told late; of those before, never. */
const MOST_OPEN = 1000;

/**
 * Tells forges how the jobs of their commits stand. What is to be told is written down with each change, and is told anew after
 * a restart; of a job that changes quickly only the last state may be told.
 */
export class StatusReporter implements AsyncDisposable {
  readonly #options: StatusReporterOptions;
  readonly #table: StatusTable;
  readonly #ending = new AbortController();
  readonly #listening: Disposable;
  readonly #queue = new Set<number>();
  readonly #underway = new Map<number, Promise<void>>();

  constructor(options: StatusReporterOptions) {
    this.#options = options;
    this.#table = new StatusTable(options.database);
    this.#listening = options.jobs.onChange((job) => this.#hear(job));
    const { jobs } = options;
    for (const job of jobs.recent().toReversed()) this.#hear(job);
    for (const id of this.#table.open()) this.#look(jobs.get(id), id);
    this.#table.forgetBefore((jobs.recent()[0]?.id ?? 0) - 10 * MOST_OPEN);
  }

  /** Resolves when all that can be told has been. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway.values());
  }

  /** What is not told by then is at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#ending.abort();
    await this.settled();
  }

  #hear(job: Job): void {
    const { forge } = this.#options.repositories.open(job.repository)?.settings ?? { forge: null };
    if (forge?.token == null || !this.#table.want(job.id, job.state)) return;
    this.#enqueue(job.id);
  }

  /** One that was open when the server ended. */
  #look(job: Job | null, id: number): void {
    if (job === null) this.#table.forget(id);
    else this.#table.want(id, job.state);
    if (job !== null && !this.#table.isReported(id)) this.#enqueue(id);
  }

  #enqueue(id: number): void {
    this.#queue.add(id);
    const [oldest] = this.#queue;
    if (this.#queue.size > MOST_OPEN && oldest !== undefined) this.#giveUp(oldest);
    this.#next();
  }

  #giveUp(id: number): void {
    this.#queue.delete(id);
    const job = this.#options.jobs.get(id);
    if (job === null) return;
    this.#table.settle(id, job.state);
    this.#options.onTrouble?.(job.repository, `its forge is not told of job ${id}: too many are waiting`);
  }

  #next(): void {
    for (const id of this.#queue) {
      if (this.#underway.size >= AT_ONCE || this.#ending.signal.aborted) return;
      if (this.#underway.has(id)) continue;
      this.#queue.delete(id);
      const done = this.#report(id).catch((error: unknown) => this.#tell(error));
      this.#underway.set(
        id,
        done.then(() => {
          this.#underway.delete(id);
          this.#next();
        }),
      );
    }
  }

  #tell(error: unknown): void {
    if (!this.#ending.signal.aborted) this.#options.onTrouble?.('', String(error));
  }

  /** Until the forge knows it, refuses it, or another state is to be told. */
  async #report(id: number): Promise<void> {
    const { jobs, repositories, jobUrl, onTrouble, pausesMs = PAUSES_MS } = this.#options;
    const { signal } = this.#ending;
    for (let tried = 0; !signal.aborted; tried++) {
      const job = jobs.get(id);
      const forge = job === null ? null : (repositories.open(job.repository)?.settings.forge ?? null);
      if (job === null || forge?.token == null) return;
      const end = await postStatus(statusRequest(forge, forge.token, job, jobUrl(id)), signal);
      const pauseMs = pausesMs[tried];
      if (end.kind === 'later' && pauseMs !== undefined) {
        await delay(Math.max(pauseMs, end.afterMs ?? 0), undefined, { signal, ref: false });
        continue;
      }
      if (end.kind !== 'done') onTrouble?.(job.repository, `its forge cannot be told of job ${id}: ${end.why}`);
      this.#table.settle(id, job.state);
      return;
    }
  }
}
