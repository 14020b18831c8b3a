import type { Socket } from 'node:net';

import { LayerError } from '../util/layer-error.ts';
import { readLines } from '../util/read-lines.ts';

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
  #nextId = 1;
  #closed: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    readLines(socket, (line) => this.#receive(JSON.parse(line) as QmpMessage));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
  }

  /** Leaves negotiation mode. Must be the first call. */
  async negotiate(): Promise<void> {
    await this.execute('qmp_capabilities');
  }

  /** Runs one command. Throws `MACHINE_DIED` when QEMU is gone, and an Error with QEMU's own words when it refuses. */
  async execute(command: string, commandArguments?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#closed !== undefined) throw this.#closed;
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve, reject });
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: commandArguments, id })}\n`);
    return promise;
  }

  /** The next event that matches. Register before the command that causes it. */
  async nextEvent(matches: (event: QmpEvent) => boolean): Promise<QmpEvent> {
    if (this.#closed !== undefined) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<QmpEvent>();
    this.#waiters.add({ matches, resolve, reject });
    return promise;
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

  #end(): void {
    this.#closed = new LayerError('MACHINE_DIED', 'QEMU closed its monitor');
    for (const pending of [...this.#pending.values(), ...this.#waiters]) pending.reject(this.#closed);
    this.#pending.clear();
    this.#waiters.clear();
  }
}
