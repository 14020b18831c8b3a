import { Duplex } from 'node:stream';

import type { Client, ClientChannel } from 'ssh2';

import { LayerError } from '../util/layer-error.ts';

/** RFC 4254, 5.1: SSH_OPEN_CONNECT_FAILED. */
const OPEN_CONNECT_FAILED = 2;

type Callback = (error?: Error | null) => void;

/** A connection to a port as the guest sees it, or, in the guest's words, why there is none: nobody listens, as a rule. */
export type Forwarded =
  | { readonly ok: true; readonly connection: Duplex }
  | { readonly ok: false; readonly why: string };

/** Throws `GUEST_PROTOCOL` where the guest's server forbids it, and `MACHINE_DIED` where `client` is not connected. */
export async function connectInGuest(client: Client, host: string, port: number): Promise<Forwarded> {
  const { promise, resolve, reject } = Promise.withResolvers<Forwarded>();
  try {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error === undefined) resolve({ ok: true, connection: new GuestConnection(channel) });
      else if (reasonOf(error) === OPEN_CONNECT_FAILED) resolve({ ok: false, why: refusalOf(error) });
      else reject(new LayerError('GUEST_PROTOCOL', `The guest did not connect to ${host}:${port}`, { cause: error }));
    });
  } catch (cause) {
    reject(new LayerError('MACHINE_DIED', 'The connection to the machine has ended', { cause }));
  }
  return promise;
}

/** ssh2 gives its error the reason code of the refusal. */
function reasonOf(error: Error): unknown {
  return 'reason' in error ? error.reason : undefined;
}

/** "(SSH) Channel open failure: Connection refused", in lower case and without what is no news. */
function refusalOf({ message }: Error): string {
  const words = message.replace(/^.*Channel open failure: */, '').replaceAll(/[^\x20-\x7e]/g, '?');
  return words === '' ? 'connection failed' : words.charAt(0).toLowerCase() + words.slice(1, 200);
}

/**
 * A TCP connection inside the guest, as a well-behaved stream. An SSH channel is none: its `destroy` does not destroy it, a
 * write after its end is never answered, and it lacks what `node:http` and `node:tls` ask of a socket.
 */
class GuestConnection extends Duplex {
  readonly #channel: ClientChannel;
  /** Answered when the channel has taken the bytes, or with the end of this stream. */
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
    this.#writing = callback;
    if (!this.#closed) this.#channel.write(bytes, encoding, (error) => this.#written(error));
  }

  override _final(callback: Callback): void {
    this.#channel.end();
    callback();
  }

  /** What still comes is dropped: a channel that nobody reads is never closed. */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#channel.resume();
    this.#channel.destroy();
    this.#written(new Error('The connection into the guest has ended'));
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

  /** Closed for both directions: what came before may still be read, and then it is over without an error. */
  #onClose(): void {
    this.#closed = true;
    this.#endReading();
    if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
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
