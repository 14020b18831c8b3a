import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { makePrivateFolder } from '../../util/layer-home.ts';
import { processOwner } from '../../util/process-owner.ts';
import { BuildOutcome } from '../worker/build-outcome.ts';
import type { FromWorker, WorkEnd } from '../worker/messages.ts';
import { startWorker, type Worker, type WorkerOptions } from '../worker/worker-process.ts';
import { EventLog } from './event-log.ts';
import type { ButtonPlace, Job, JobRun } from './job.ts';
import type { MachinePool, WorkerWishes } from './machine-pool.ts';
import { readRunEnd, type RunEnd } from './run-end.ts';
import { factsOf } from './run-facts.ts';
import { recordOf, type ServerFolders, workPlaceOf } from './work-place.ts';

export interface RunSurroundings {
  readonly folders: ServerFolders;
  readonly machines: MachinePool;
  /** How workers are started. */
  readonly workers: Pick<WorkerOptions, 'program' | 'limits'>;
}

/** One run of a job, in its worker: its log is written, its machines are wished for, and its end is told once. */
export class RunningJob {
  readonly job: Job;
  readonly run: JobRun;
  readonly log: EventLog;
  /** How it has ended, when its worker has; its log goes on until it is disposed. Rejects where no worker could be started. */
  readonly ended: Promise<RunEnd>;
  readonly #record: string;
  readonly #controller = new AbortController();
  readonly #outcome = new BuildOutcome();
  readonly #wishes: WorkerWishes;
  readonly #worker: Worker;

  /** Throws where its log cannot be opened. `pressed`: the BUTTONs that somebody pressed. */
  constructor(job: Job, run: JobRun, pressed: readonly ButtonPlace[], { folders, machines, workers }: RunSurroundings) {
    this.job = job;
    this.run = run;
    const place = workPlaceOf(job, folders);
    this.#record = recordOf(folders, job.id, run.number);
    makePrivateFolder(dirname(this.#record));
    rmSync(`${this.#record}.end`, { force: true });
    this.log = new EventLog(`${this.#record}.jsonl`);
    const owner = { name: `job ${job.id}`, rank: [job.priority, -job.id] };
    this.#wishes = machines.open(owner, (message) => this.#worker.send(message));
    const work = {
      ...({ kind: 'build', paths: job.paths, pressed, record: this.#record } as const),
      facts: factsOf(job, run.number),
    };
    this.#worker = startWorker(place, work, {
      ...workers,
      signal: this.#controller.signal,
      onMessage: (message) => this.#hear(message),
    });
    this.ended = this.#worker.ended.then((end) => this.#finish(end));
  }

  /** The BUTTONs that wait so far. */
  get waiting(): readonly ButtonPlace[] {
    return this.#outcome.facts().waiting;
  }

  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** The name of its process, for good; null where there is none. */
  get worker(): string | null {
    return this.pid === undefined ? null : processOwner(this.pid);
  }

  /** Under which its machines are known. */
  get owner(): string {
    return this.#wishes.owner.name;
  }

  /** True where it waits for a machine, and has none. */
  get isWaiting(): boolean {
    return this.#wishes.isWaiting;
  }

  get isBeingCancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  cancel(reason: string): void {
    this.#controller.abort(new Error(reason));
  }

  #hear(message: FromWorker): void {
    if (message.type === 'event') {
      this.#outcome.event(message.event);
      this.log.append(message.event);
    } else this.#wishes.hear(message);
  }

  /** What the worker has left says the most: it may have been killed after that. */
  #finish(end: WorkEnd): RunEnd {
    this.#wishes[Symbol.dispose]();
    return readRunEnd(`${this.#record}.end`) ?? { end, ...this.#outcome.facts() };
  }
}
