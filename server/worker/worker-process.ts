import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

import { endProcess } from '../../util/end-process.ts';
import type { FromWorker, ToWorker, Work, WorkEnd, WorkPlace } from './messages.ts';

/** A worker that was asked to cancel ends its machines and says so; after this it is told again by SIGTERM. */
const CANCEL_LIMIT_MS = 10_000;
/** From SIGTERM to SIGKILL. */
const TERMINATE_LIMIT_MS = 5000;
/** From a worker's `ended` to the end of its process. */
const LEAVE_LIMIT_MS = 5000;
const STDERR_TAIL_CHARACTERS = 4000;
/** Node itself ends by none of these. */
const FROM_OUTSIDE: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);

export interface WorkerOptions {
  /** Everything the worker says but its `ended`. */
  readonly onMessage: (message: FromWorker) => void;
  /** Ends the worker: it is asked (its `cancel` has the reason's message), then SIGTERM, then SIGKILL. */
  readonly signal: AbortSignal;
  /** What is run; by default this program as `serve-worker`. */
  readonly program?: WorkerProgram;
  /** For tests. */
  readonly limits?: Partial<WorkerLimits>;
}

export interface WorkerProgram {
  readonly script: string;
  readonly args: readonly string[];
  /** Node's own arguments. */
  readonly nodeArguments: readonly string[];
}

export interface WorkerLimits {
  readonly cancelMs: number;
  readonly terminateMs: number;
  readonly leaveMs: number;
}

/** A process that does one piece of work (`messages.ts`). It is in a session of its own: a Ctrl-C at the server's terminal is the server's. */
export interface Worker {
  /** Undefined where no process could be started. */
  readonly pid: number | undefined;
  /** To one that has ended it says nothing. */
  send(message: ToWorker): void;
  /** How the work ended, when its process has too. Never rejects. */
  readonly ended: Promise<WorkEnd>;
}

const LIMITS: WorkerLimits = { cancelMs: CANCEL_LIMIT_MS, terminateMs: TERMINATE_LIMIT_MS, leaveMs: LEAVE_LIMIT_MS };

/** This program, as the worker of a server that it was started as. */
function ownProgram(): WorkerProgram {
  return { script: process.argv[1] ?? '', args: ['serve-worker'], nodeArguments: process.execArgv };
}

export function startWorker(place: WorkPlace, work: Work, options: WorkerOptions): Worker {
  const process = new WorkerProcess(options);
  process.send({ type: 'begin', place, work });
  return process;
}

class WorkerProcess implements Worker {
  readonly ended: Promise<WorkEnd>;
  readonly #child: ChildProcess;
  readonly #limits: WorkerLimits;
  readonly #signal: AbortSignal;
  readonly #exited: Promise<void>;
  readonly #over = Promise.withResolvers<undefined>();
  #end: WorkEnd | null = null;
  #complaint = '';

  constructor({ onMessage, signal, program = ownProgram(), limits }: WorkerOptions) {
    this.#limits = { ...LIMITS, ...limits };
    this.#signal = signal;
    this.#child = fork(program.script, [...program.args], {
      execArgv: [...program.nodeArguments],
      cwd: '/',
      detached: true,
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#exited = this.#watch(onMessage);
    this.ended = this.#run();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToWorker): void {
    // A channel that has just broken tells so by the process's end.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #watch(onMessage: WorkerOptions['onMessage']): Promise<void> {
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-STDERR_TAIL_CHARACTERS);
    });
    this.#child.on('message', (message: FromWorker) => {
      if (message.type !== 'ended') {
        onMessage(message);
        return;
      }
      this.#end ??= message.end;
      this.#over.resolve(undefined);
    });
    return new Promise((resolve) => {
      // After all that it has said, and has written to stderr.
      this.#child.once('close', () => resolve());
      this.#child.once('error', (error) => {
        this.#complaint += error.message;
        if (this.#child.pid === undefined) resolve();
      });
    });
  }

  async #run(): Promise<WorkEnd> {
    const aborted = this.#signal.aborted ? Promise.resolve() : once(this.#signal, 'abort');
    await Promise.race([this.#exited, this.#over.promise, aborted]);
    if (this.#signal.aborted && this.#end === null) {
      this.send({ type: 'cancel', reason: reasonText(this.#signal.reason) });
      await this.#endsWithin(this.#limits.cancelMs, Promise.race([this.#exited, this.#over.promise]));
    }
    if (this.#end !== null) await this.#endsWithin(this.#limits.leaveMs, this.#exited);
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await endProcess(this.#child, this.#exited, { graceMs: this.#limits.terminateMs });
    await this.#exited;
    return this.#end ?? (this.#signal.aborted ? { kind: 'cancelled' } : this.#untoldEnd());
  }

  async #endsWithin(limitMs: number, end: Promise<unknown>): Promise<void> {
    const passed = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => passed.resolve(undefined), limitMs);
    await Promise.race([end, passed.promise]);
    clearTimeout(timer);
  }

  #untoldEnd(): WorkEnd {
    const { signalCode } = this.#child;
    if (signalCode === null || !FROM_OUTSIDE.has(signalCode)) return { kind: 'broken', message: this.#howItEnded() };
    return {
      kind: 'refused',
      code: 'WORKER_KILLED',
      message: `The process that did this was ended from outside, by ${signalCode}`,
      hint: 'The system does that where memory runs out: give machines less with --memory or --jobs. Then retry the job.',
    };
  }

  #howItEnded(): string {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `with exit code ${exitCode ?? 'unknown'}` : `by ${signalCode}`;
    const said = this.#complaint.trim();
    return `A worker ended ${how} and did not say how its work ended${said === '' ? '' : `\n${said}`}`;
  }
}

function reasonText(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
