import { rmSync } from 'node:fs';

import type { FromWorker, WorkEnd } from '../worker/messages.ts';
import type { WorkOptions } from '../worker/machine-worker.ts';
import type { Worker } from '../worker/worker-process.ts';

/** Where its websites are, or why there are none. */
export type Reached =
  | { readonly ok: true; readonly socket: string }
  | { readonly ok: false; readonly message: string; readonly hint: string | null };

export interface WebsiteMachineOptions {
  /** Starts a worker that is to listen at that path. */
  readonly start: (socket: string, options: WorkOptions) => Worker;
  /** A path that nobody has. */
  readonly newSocket: () => string;
  /** How long nobody uses it before it is ended, just now. */
  readonly idleMs: () => number;
  /** For how long the end of a machine is told before another is started: whoever looks at a page of it wants to know. */
  readonly tellMs: number;
}

/** The machine of websites: started when it is wanted, however many want it; ended when nobody does. */
export class WebsiteMachine {
  readonly #options: WebsiteMachineOptions;
  #awake: Awake | null = null;
  #trouble: { readonly reached: Reached; readonly untilMs: number } | null = null;
  #users = 0;
  #usedAtMs = performance.now();
  #idle: NodeJS.Timeout | null = null;

  constructor(options: WebsiteMachineOptions) {
    this.#options = options;
  }

  get isAwake(): boolean {
    return this.#awake !== null;
  }

  /** How many requests are under way. */
  get users(): number {
    return this.#users;
  }

  /** For people: what is being done; null: it is there, or nobody wants it. */
  get doing(): string | null {
    return this.#awake?.isReady === true ? null : (this.#awake?.doing ?? null);
  }

  /** Starts it if need be. One that could not be started, or ended by itself, is told for a moment. */
  async reach(): Promise<Reached> {
    if (this.#trouble !== null && performance.now() < this.#trouble.untilMs) return this.#trouble.reached;
    this.#awake ??= this.#wake();
    return await this.#awake.reached;
  }

  /** It is in use until that is disposed. */
  use(): Disposable {
    this.#users += 1;
    const done = new DisposableStack();
    done.defer(() => {
      this.#users -= 1;
      this.#usedAtMs = performance.now();
      this.lookIfIdle();
    });
    return done;
  }

  /** Ends it if nobody has used it for as long as may be now; else looks again when that may be so. */
  lookIfIdle(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    if (this.#awake === null || this.#users > 0) return;
    const leftMs = this.#usedAtMs + this.#options.idleMs() - performance.now();
    if (leftMs <= 0) void this.sleep('nobody uses it');
    else this.#idle = setTimeout(() => this.lookIfIdle(), leftMs).unref();
  }

  /** Resolves when it has ended. */
  async sleep(reason: string): Promise<void> {
    const awake = this.#awake;
    this.#awake = null;
    awake?.stop.abort(new Error(reason));
    await awake?.ended;
  }

  #wake(): Awake {
    const awake = new Awake(this.#options);
    this.#usedAtMs = performance.now();
    void awake.ended.then((end) => {
      // Whoever wanted it to end knows.
      if (awake.stop.signal.aborted) return;
      this.#awake = null;
      this.#trouble = { reached: troubleOf(end), untilMs: performance.now() + this.#options.tellMs };
    });
    // One that nobody ever used has its limit, too.
    void awake.reached.then(() => this.lookIfIdle());
    return awake;
  }
}

/** A worker, on its way up or there. */
class Awake {
  readonly stop = new AbortController();
  readonly reached: Promise<Reached>;
  readonly ended: Promise<WorkEnd>;
  doing = 'looking for its snapshot';
  isReady = false;

  constructor({ start, newSocket }: WebsiteMachineOptions) {
    const socket = newSocket();
    const { promise, resolve } = Promise.withResolvers<Reached>();
    const onMessage = (message: FromWorker): void => {
      if (message.type === 'event' && message.event.event === 'activity') this.doing = message.event.text;
      if (message.type !== 'ready') return;
      this.isReady = true;
      resolve({ ok: true, socket });
    };
    this.reached = promise;
    this.ended = start(socket, { signal: this.stop.signal, onMessage }).ended;
    void this.ended.then((end) => {
      resolve(troubleOf(end));
      rmSync(socket, { force: true });
    });
  }
}

function troubleOf(end: WorkEnd): Reached {
  switch (end.kind) {
    case 'refused':
      return { ok: false, message: end.message, hint: end.hint };
    case 'broken':
      // What a bug says of itself is for the server's log: it may name files of this host.
      return { ok: false, message: 'Internal error: what kept the machine broke', hint: null };
    case 'cancelled':
    case 'done':
      return { ok: false, message: 'The machine was ended, since its memory was wanted', hint: 'Load the page again.' };
  }
}
