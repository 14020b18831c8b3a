import type { MachineSlots } from '../../runner/index.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { WishedSlots } from './wished-slots.ts';

/** The worker's end of its channel: what `child_process` makes of `process` in a forked one. */
export interface WorkerChannel {
  readonly connected: boolean;
  send(message: FromWorker, whenSent: () => void): boolean;
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** What a kind of work has of the server: its wishes, and a way to tell what happens. */
export class WorkerLink {
  /** Aborted when the work is cancelled, or the server is gone. */
  readonly signal: AbortSignal;
  /** Whose turn it is to have a machine: for `RunOptions.slots`. */
  readonly slots: MachineSlots;
  readonly #channel: WorkerChannel;
  readonly #listeners = new Set<(message: ToWorker) => void>();
  readonly #cancel = new AbortController();

  /** `signal`: the process was told to end. */
  constructor(channel: WorkerChannel, signal: AbortSignal) {
    this.#channel = channel;
    this.signal = AbortSignal.any([signal, this.#cancel.signal]);
    this.slots = new WishedSlots(this);
    channel.on('message', (message) => this.#receive(message));
    channel.on('disconnect', () => this.#cancel.abort(new Error('The server is gone')));
    if (!channel.connected) this.#cancel.abort(new Error('The server is gone'));
  }

  /** Resolves when it is on its way; also where nobody is there to hear it. */
  async send(message: FromWorker): Promise<void> {
    const sent = Promise.withResolvers<undefined>();
    if (!this.#channel.connected) return;
    this.#channel.send(message, () => sent.resolve(undefined));
    await sent.promise;
  }

  /** Gets each message but `cancel`, until disposed. */
  onMessage(listener: (message: ToWorker) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #receive(message: ToWorker): void {
    if (message.type === 'cancel') {
      this.#cancel.abort(new Error(message.reason));
      return;
    }
    for (const listener of [...this.#listeners]) listener(message);
  }
}
