import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { openMachineSlots } from '../../runner/index.ts';
import { YieldingSlots } from '../worker/yielding-slots.ts';
import { type ButtonPlace, isSameButton, type Job, type JobRequest, MAX_RESUMPTIONS } from './job.ts';
import { done, type JobAction, missing, noButton, refusedAsEnded, refusedAsUnfinished } from './job-action.ts';
import { JobEvents } from './job-events.ts';
import type { JobStore } from './job-store.ts';
import { MachinePool } from './machine-pool.ts';
import { describeJob, describeRun, type QueueDescription } from './queue-description.ts';
import { recoverRuns } from './recover.ts';
import type { RunEnd } from './run-end.ts';
import { cancelledRun, type EndEvent, endEvent, outcomeOf } from './run-outcome.ts';
import { RunningJob, type RunSurroundings } from './running-job.ts';
import { openSource } from './run-source.ts';
import { recordOf, type ServerFolders } from './work-place.ts';

export interface JobQueueOptions {
  readonly store: JobStore;
  readonly folders: ServerFolders;
  /** How many machines may run at once; by default one for each processor. */
  readonly jobs?: number;
  /** For all machines together, MiB; by default three quarters of what is free. */
  readonly memoryMib?: number;
  /** Whether a push cancels older jobs of its branch; by default it does. */
  readonly cancelsSuperseded?: (repository: string) => boolean;
  /** How many runs have a worker at once. Deciding takes no machine, so all that were accepted should soon. */
  readonly mostWorkers?: number;
  /** Told when a machine is waited for; what it returns is disposed when it is not any more. */
  readonly onNeed?: () => Disposable;
  /** For tests: how workers are started. */
  readonly workers?: RunSurroundings['workers'];
}

const WORKERS_PER_PROCESSOR = 4;
const FEWEST_WORKERS = 8;
/** Of the host's free memory: most guests touch only some of theirs. */
const MEMORY_SHARE = 0.75;
const MIB = 2 ** 20;
const SETTLE_RETRY_MS = 1000;

export async function openJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const limits = {
    jobs: options.jobs ?? availableParallelism(),
    memoryMib: options.memoryMib ?? Math.floor((process.availableMemory() * MEMORY_SHARE) / MIB),
  };
  const counted = await openMachineSlots(limits);
  const slots = options.onNeed === undefined ? counted : new YieldingSlots(counted, options.onNeed);
  return new JobQueue(options, new MachinePool(slots), limits);
}

/**
 * Runs jobs: each has one worker at a time, and ends once. Whatever was accepted is in the store before anybody hears of it; what runs is
 * there too, so that the next server can go on. Nothing begins before {@link recover}.
 */
export class JobQueue implements AsyncDisposable {
  /** For workers of other kinds, too: terminals and websites. */
  readonly machines: MachinePool;
  readonly #store: JobStore;
  readonly #folders: ServerFolders;
  readonly #options: JobQueueOptions;
  readonly #limits: { readonly jobs: number; readonly memoryMib: number };
  readonly #mostWorkers: number;
  readonly #running = new Map<number, RunningJob>();
  /** One for each of {@link #running}: they never reject. */
  readonly #ends = new Map<number, Promise<void>>();
  #isOpen = false;
  #isDraining = false;
  #begins: NodeJS.Immediate | null = null;

  constructor(
    options: JobQueueOptions,
    machines: MachinePool,
    limits: { readonly jobs: number; readonly memoryMib: number },
  ) {
    this.machines = machines;
    this.#options = options;
    this.#store = options.store;
    this.#folders = options.folders;
    this.#limits = limits;
    this.#mostWorkers = options.mostWorkers ?? Math.max(FEWEST_WORKERS, WORKERS_PER_PROCESSOR * availableParallelism());
  }

  /** Ends what a killed server has left running, and begins to work. */
  async recover(): Promise<void> {
    await recoverRuns(this.#store, this.#folders);
    this.#isOpen = !this.#isDraining;
    this.#beginSoon();
  }

  /** The job of `request`, which is in the store for good: of a push that was told of before, the one it has become then. */
  submit(request: JobRequest): Job {
    const supersede = this.#options.cancelsSuperseded?.(request.repository) ?? true;
    const { job, running } = this.#store.create(request, { supersede });
    for (const older of running) this.#running.get(older.id)?.cancel(`superseded by job ${job.id}`);
    this.#beginSoon();
    return job;
  }

  /** `by`: who wants it, for people. A running job is cancelled when its worker has ended. */
  cancel(id: number, by: string): JobAction {
    const reason = `cancelled by ${by}`;
    const job = this.#store.cancel(id, reason);
    this.#running.get(id)?.cancel(reason);
    if (job !== null) return done(job);
    const ended = this.#store.get(id);
    return ended === null ? missing(id) : refusedAsEnded(ended);
  }

  /** Runs a job again that has ended: what succeeded is restored. */
  retry(id: number): JobAction {
    const job = this.#store.get(id);
    if (job === null) return missing(id);
    const retried = this.#store.retry(id);
    this.#beginSoon();
    return retried === null ? refusedAsUnfinished(job) : done(retried);
  }

  /** Presses a BUTTON that waits: the job goes on there in another run, when the one under way has ended. */
  press(id: number, button: ButtonPlace): JobAction {
    const job = this.#store.get(id);
    if (job === null) return missing(id);
    const waiting = this.#running.get(id)?.waiting ?? job.waiting;
    if (!waiting.some((each) => isSameButton(each, button))) return noButton(job);
    const pressed = this.#store.press(id, button);
    this.#beginSoon();
    return pressed === null ? missing(id) : done(pressed);
  }

  /** The events of a run, from 1; of the one that is to come they begin with it. Null where there is no such run. */
  events(id: number, run: number): JobEvents | null {
    const job = this.#store.get(id);
    const isToCome = job?.state === 'queued' && run === job.runs + 1;
    const isUnbegun = job?.runs === 0 && run === 1;
    if (job === null || run < 1 || !(run <= job.runs || isToCome || isUnbegun)) return null;
    const log = (): RunningJob['log'] | null => {
      const running = this.#running.get(id);
      return running?.run.number === run ? running.log : null;
    };
    return new JobEvents((signal) => openSource({ id, run, log, store: this.#store, folders: this.#folders }, signal));
  }

  /** Path of a file that a run has left; null where it left none. */
  recording(id: number, run: number, kind: 'report' | 'timeline'): string | null {
    const path = `${recordOf(this.#folders, id, run)}${kind === 'report' ? '.html' : '.json'}`;
    return Number.isSafeInteger(id) && Number.isSafeInteger(run) && existsSync(path) ? path : null;
  }

  describe(): QueueDescription {
    const nowMs = Date.now();
    const wishes = this.machines.describe();
    const granted = wishes.filter(({ state }) => state === 'granted');
    const waitsFor = this.#isOpen ? 'a worker' : 'the server to begin again';
    return {
      isOpen: this.#isOpen,
      mostWorkers: this.#mostWorkers,
      running: [...this.#running.values()].map((running) => describeRun(running, wishes, nowMs)),
      queued: this.#store.queued().map((job) => describeJob(job, waitsFor, nowMs - job.pushedAtMs)),
      machines: {
        most: this.#limits.jobs,
        memoryMib: this.#limits.memoryMib,
        usedMib: granted.reduce((sum, { memoryMib }) => sum + memoryMib, 0),
        wishes,
      },
    };
  }

  /** Begins nothing more, and resolves when nothing runs. What runs still when `signal` is aborted is ended, and runs again with the next server. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#isOpen = false;
    this.#isDraining = true;
    const stop = (): void => {
      for (const running of this.#running.values()) running.cancel('the server stops');
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    await Promise.all(this.#ends.values());
    signal.removeEventListener('abort', stop);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(AbortSignal.abort());
    if (this.#begins !== null) clearImmediate(this.#begins);
  }

  /** Not within what was asked: a push is to be answered before its worker costs time. */
  #beginSoon(): void {
    this.#begins ??= setImmediate(() => {
      this.#begins = null;
      void this.#settle(() => this.#beginAll());
    });
  }

  #beginAll(): void {
    const free = this.#isOpen ? this.#mostWorkers - this.#running.size : 0;
    for (const job of this.#store.queued().slice(0, Math.max(0, free))) this.#begin(job.id);
  }

  #begin(id: number): void {
    const run = this.#store.begin(id);
    const job = this.#store.get(id);
    if (run === null || job === null) return;
    try {
      const pressed = this.#store.facts(id)?.pressed ?? [];
      const running = new RunningJob(job, run, pressed, {
        folders: this.#folders,
        machines: this.machines,
        workers: this.#options.workers ?? {},
      });
      this.#running.set(id, running);
      this.#ends.set(id, this.#untilEnded(running));
      const { worker } = running;
      if (worker !== null) this.#store.setWorker(id, run.number, worker);
    } catch (error) {
      if (isDatabaseError(error)) throw error;
      this.#store.endRun(id, run.number, { ...cancelledRun(messageOf(error)), outcome: 'failed' });
    }
  }

  /** Never rejects. */
  async #untilEnded(running: RunningJob): Promise<void> {
    const { job, log } = running;
    const end = await running.ended;
    const ended = await this.#settle(() => this.#end(running, end));
    if (ended !== null) log.append(ended);
    this.#running.delete(job.id);
    this.#ends.delete(job.id);
    log[Symbol.dispose]();
    this.#beginSoon();
  }

  #end({ job, run }: RunningJob, end: RunEnd): EndEvent {
    const cancelling = this.#store.facts(job.id)?.cancelling ?? null;
    const outcome = outcomeOf(end) ?? (cancelling === null ? null : cancelledRun(cancelling));
    if (outcome !== null) {
      this.#store.endRun(job.id, run.number, outcome);
      return endEvent(outcome.outcome, outcome.reason);
    }
    // Somebody else has ended the worker: the system, or this server as it stops.
    this.#store.cutOff(job.id, run.number, { counted: !this.#isDraining, most: MAX_RESUMPTIONS });
    return endEvent('interrupted', 'its worker was ended before it was done');
  }

  /** A disk that is full for a while is no reason to lose how a run ended. Null where the server stops first: the next one finds out. */
  async #settle<T>(work: () => T): Promise<T | null> {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isDatabaseError(error)) throw error;
        if (this.#isDraining) return null;
        await delay(SETTLE_RETRY_MS);
      }
    }
  }
}

/** What node:sqlite throws where the database cannot be written just now. */
function isDatabaseError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
