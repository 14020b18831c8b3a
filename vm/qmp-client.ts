import type { Socket } from 'node:net';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { readLines } from '../util/read-lines.ts';

/** QEMU answers in milliseconds; one that does not in this time never will. */
const ANSWER_LIMIT_MS = 30_000;

export interface QmpOptions {
  readonly limitMs?: number;
  /** The console's tail or QEMU's own complaints, for errors. */
  readonly evidence?: () => string;
  /** Ends every wait. */
  readonly signal?: AbortSignal | undefined;
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Waiter {
  readonly matches: (event: QmpEvent) => boolean;
  readonly resolve: (event: QmpEvent) => void;
  readonly reject: (error: Error) => void;
}

export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface QmpMessage extends Partial<QmpEvent> {
  readonly QMP?: unknown;
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/** QEMU's machine protocol (QEMU docs/interop/qmp-spec.txt): JSON lines over the monitor's socket. */
export class QmpClient {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #waiters = new Set<Waiter>();
  readonly #options: QmpOptions;
  #nextId = 1;
  #closed: Error | undefined;

  constructor(socket: Socket, options: QmpOptions = {}) {
    this.#socket = socket;
    this.#options = options;
    readLines(socket, (line) => this.#parse(line));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
  }

  /** Leaves negotiation mode. Must be the first call. */
  async negotiate(): Promise<void> {
    await this.execute('qmp_capabilities');
  }

  /**
   * Runs one command. Throws `MACHINE_DIED` when QEMU is gone, `WAIT_TIMED_OUT` when it does not answer, and an Error with
   * QEMU's own words when it refuses.
   */
  async execute(command: string, commandArguments?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#closed !== undefined) throw this.#closed;
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve, reject });
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: commandArguments, id })}\n`);
    const { limitMs = ANSWER_LIMIT_MS, signal, evidence = () => '' } = this.#options;
    try {
      return await namedWait({ name: `QEMU to answer "${command}"`, limitMs, signal, evidence }, promise);
    } finally {
      this.#pending.delete(id);
    }
  }

  /**
   * The next event that matches. Register before the command that causes it; limit the wait. Whoever may fail before it comes
   * to wait has to catch what this rejects with.
   */
  async nextEvent(matches: (event: QmpEvent) => boolean): Promise<QmpEvent> {
    if (this.#closed !== undefined) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<QmpEvent>();
    this.#waiters.add({ matches, resolve, reject });
    return promise;
  }

  /** Cuts off a QEMU that does not speak JSON: something in the guest may have taken it over. */
  #parse(line: string): void {
    try {
      this.#receive(JSON.parse(line) as QmpMessage);
    } catch (error) {
      this.#socket.destroy(error as Error);
    }
  }

  #receive(message: QmpMessage): void {
    if (message.event !== undefined) this.#deliver({ event: message.event, data: message.data ?? {} });
    if (message.id === undefined) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error === undefined) pending?.resolve(message.return);
    else pending?.reject(new Error(`QEMU refused ${pending.command}: ${message.error.desc}`));
  }

  #deliver(event: QmpEvent): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.#closed = new LayerError('MACHINE_DIED', 'QEMU closed its monitor');
    for (const pending of [...this.#pending.values(), ...this.#waiters]) pending.reject(this.#closed);
    this.#pending.clear();
    this.#waiters.clear();
  }
}
