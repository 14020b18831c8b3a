import type { Socket } from 'node:net';

/** Of what a guest printed last; an error shows no more than that. */
const KEPT_BYTES = 4000;

/**
 * The end of what the guest's kernel and init print. QEMU writes it to a socket of ours and not to a file: a guest could
 * make a file as large as the disk.
 */
export class ConsoleLog {
  /** Resolves when the last byte has come. */
  readonly ended: Promise<unknown>;
  #kept = Buffer.alloc(0);

  constructor(socket: Socket) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.ended = promise;
    socket.on('data', (bytes: Buffer) => this.#add(bytes));
    socket.once('close', () => resolve(undefined));
    // Accepted paused; and a console that nobody reads stops the guest.
    socket.resume();
  }

  tail(): string {
    return this.#kept.toString('utf8');
  }

  #add(bytes: Buffer): void {
    const last = bytes.subarray(-KEPT_BYTES);
    const room = KEPT_BYTES - last.length;
    this.#kept = Buffer.concat([room === 0 ? Buffer.alloc(0) : this.#kept.subarray(-room), last]);
  }
}
