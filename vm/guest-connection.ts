import { Duplex } from 'node:stream';

import type { ClientChannel } from 'ssh2';

type Callback = (error?: Error | null) => void;

/**
 * A TCP connection inside the guest, as a well-behaved stream. An SSH channel is none: its `destroy` does not destroy it, a
 * write after its end is never answered, and it lacks what `node:http` and `node:tls` ask of a socket.
 */
export class GuestConnection extends Duplex {
  readonly #channel: ClientChannel;
  /** Answered when the channel has taken the bytes, or has closed instead. */
  #writing: Callback | null = null;
  #closed = false;
  #ended = false;

  constructor(channel: ClientChannel) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    channel.on('data', (bytes: Buffer) => {
      if (!this.destroyed && !this.push(bytes)) channel.pause();
    });
    channel.on('end', () => this.#endReading());
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('close', () => this.#onClose());
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, callback: Callback): void {
    if (this.#closed) {
      callback(brokenPipe());
      return;
    }
    this.#writing = callback;
    this.#channel.write(bytes, encoding, (error) => this.#written(error));
  }

  override _final(callback: Callback): void {
    this.#channel.end();
    callback();
  }

  /** What still comes is dropped: a channel that nobody reads is never closed. */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#channel.resume();
    this.#channel.destroy();
    callback(error);
  }

  /** As of a socket: ends when all is sent, without waiting for the other side. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }

  /** The rest of what is asked of a socket has no meaning here. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #onClose(): void {
    this.#closed = true;
    this.#endReading();
    this.#written(brokenPipe());
  }

  #endReading(): void {
    if (!this.#ended && !this.destroyed) this.push(null);
    this.#ended = true;
  }

  #written(error?: Error | null): void {
    const callback = this.#writing;
    this.#writing = null;
    callback?.(error);
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error('The guest closed the connection'), { code: 'EPIPE' });
}
