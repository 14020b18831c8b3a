import type { Job } from '../../../server/jobs/job.ts';
import type { PersonWork, StartWork, WorkOptions } from '../../../server/worker/machine-worker.ts';
import type { FromWorker, ToWorker, WorkEnd } from '../../../server/worker/messages.ts';
import type { Worker } from '../../../server/worker/worker-process.ts';

/** A worker that does what a test says. One that is cancelled has ended at once. */
export class FakeWorker implements Worker {
  readonly pid = undefined;
  readonly job: Job;
  readonly work: PersonWork;
  readonly heard: ToWorker[] = [];
  readonly signal: AbortSignal;
  readonly ended: Promise<WorkEnd>;
  readonly #end = Promise.withResolvers<WorkEnd>();
  readonly #onMessage: WorkOptions['onMessage'];
  readonly #listeners = new Set<(message: ToWorker) => void>();

  constructor(job: Job, work: PersonWork, { onMessage, signal }: WorkOptions) {
    this.job = job;
    this.work = work;
    this.signal = signal;
    this.ended = this.#end.promise;
    this.#onMessage = onMessage;
    signal.addEventListener('abort', () => this.end({ kind: 'cancelled' }), { once: true });
  }

  say(message: FromWorker): void {
    this.#onMessage(message);
  }

  end(end: WorkEnd): void {
    this.#end.resolve(end);
  }

  /** Why it was cancelled; null: it was not. */
  get cancelled(): string | null {
    return this.signal.aborted ? (this.signal.reason as Error).message : null;
  }

  send(message: ToWorker): void {
    this.heard.push(message);
    for (const listener of [...this.#listeners]) listener(message);
  }

  /** As `WorkerLink` has it. */
  onMessage(listener: (message: ToWorker) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

export class FakeWorkers {
  readonly started: FakeWorker[] = [];
  readonly #onStart: (worker: FakeWorker) => void;

  constructor(onStart: (worker: FakeWorker) => void = () => undefined) {
    this.#onStart = onStart;
  }

  readonly startWork: StartWork = (job, work, options) => {
    const worker = new FakeWorker(job, work, options);
    this.started.push(worker);
    this.#onStart(worker);
    return worker;
  };
}

export function fakeJob(id = 7): Job {
  return {
    id,
    repository: 'shop',
    ref: 'refs/heads/main',
    branch: 'main',
    commit: 'c'.repeat(40),
    title: 'a change',
    author: 'somebody',
    pushedBy: 'somebody',
    pushedAtMs: 0,
    trust: 'trusted',
    priority: 0,
    paths: [],
    waiting: [],
    state: 'succeeded',
    reason: null,
    runs: 1,
    startedAtMs: 0,
    endedAtMs: 1,
    counts: null,
  };
}
