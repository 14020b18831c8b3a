import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';

import { type ToWorker, UNACKNOWLEDGED_BYTES } from './messages.ts';
import type { WorkerLink } from './worker-link.ts';

/** Of one message: so much is in the way of the next, whatever that is. */
const MOST_BYTES = 16 << 10;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * A terminal at the other end of the channel, lent to a program in a guest. Neither side is ahead of the other by more than
 * `UNACKNOWLEDGED_BYTES`: a guest that prints for ever, or never reads, fills nobody's memory.
 */
export class RemoteTerminal implements Disposable {
  readonly type = 'xterm-256color';
  /** What is typed. */
  readonly input = new PassThrough();
  /** What is printed. */
  readonly output: Writable;
  readonly #link: Pick<WorkerLink, 'send' | 'onMessage'>;
  readonly #listening: Disposable;
  readonly #resized = new Set<() => void>();
  #size: TerminalSize;
  /** Sent, and not yet taken. */
  #ahead = 0;
  #goOn: (() => void) | null = null;

  constructor(size: TerminalSize, link: Pick<WorkerLink, 'send' | 'onMessage'>) {
    this.#size = size;
    this.#link = link;
    this.#listening = link.onMessage((message) => this.#hear(message));
    // A guest that ends while somebody types is no error.
    this.input.on('error', () => undefined);
    this.output = new Writable({
      highWaterMark: MOST_BYTES,
      write: (bytes: Buffer, _encoding, callback) => this.#print(bytes, callback),
    });
  }

  size(): TerminalSize {
    return this.#size;
  }

  onResize(listener: () => void): Disposable {
    this.#resized.add(listener);
    return { [Symbol.dispose]: () => void this.#resized.delete(listener) };
  }

  /** Resolves when all that was printed is on its way. */
  async printed(signal: AbortSignal): Promise<void> {
    if (!this.output.writableEnded) this.output.end();
    if (!this.output.writableFinished) await once(this.output, 'finish', { signal });
  }

  #hear(message: ToWorker): void {
    if (message.type === 'taken') this.#taken(message.bytes);
    if (message.type === 'input') this.#type(Buffer.from(message.bytes, 'base64'));
    if (message.type !== 'resize') return;
    this.#size = { columns: message.columns, rows: message.rows };
    for (const listener of [...this.#resized]) listener();
  }

  #type(bytes: Buffer): void {
    const accepted = (): void => void this.#link.send({ type: 'accepted', bytes: bytes.length });
    if (this.input.writable) this.input.write(bytes, accepted);
    else accepted();
  }

  #print(bytes: Buffer, callback: () => void): void {
    for (let at = 0; at < bytes.length; at += MOST_BYTES) {
      const piece = bytes.subarray(at, at + MOST_BYTES);
      void this.#link.send({ type: 'printed', bytes: piece.toString('base64') });
    }
    this.#ahead += bytes.length;
    if (this.#ahead < UNACKNOWLEDGED_BYTES) callback();
    else this.#goOn = callback;
  }

  #taken(bytes: number): void {
    this.#ahead -= bytes;
    if (this.#ahead >= UNACKNOWLEDGED_BYTES) return;
    this.#goOn?.();
    this.#goOn = null;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.input.destroy();
  }
}
