import type { Duplex } from 'node:stream';

import type { AheadMessage } from './ahead-outbox.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { giveBack } from './reply-buffer.ts';

export interface FuseConnectionOptions {
  readonly stream: Duplex;
  /** Answers one whole message; null where no answer is due. */
  readonly handle: (message: Buffer) => Buffer | null;
  /** What to send besides a reply without being asked, if anything. */
  readonly ahead?: () => AheadMessage | null;
  /** Gives what is to be written to the stream for a message: itself, or where the other end finds it. */
  readonly shorten?: ((message: Buffer) => Buffer) | undefined;
  /** Told once why the stream was given up: an impossible message or a broken stream. */
  readonly onTrouble: (error: unknown) => void;
}

/** Replies that are written with one call: more would make the first wait for the last. */
const REPLIES_TOGETHER = 16;

/**
 * Takes messages from a stream and writes the replies to it. While the stream will not take more replies nothing is read
 * and nothing handled, so a guest that asks without reading the answers holds at most one reply beyond the stream's buffer.
 */
export class FuseConnection {
  readonly #options: FuseConnectionOptions;
  readonly #splitter = new FrameSplitter();
  #blocked = false;
  #ended = false;

  constructor(options: FuseConnectionOptions) {
    this.#options = options;
    const { stream } = options;
    stream.on('data', this.#onData);
    stream.on('drain', this.#onDrain);
    stream.on('error', this.#onError);
    stream.on('close', this.#onEnd);
    stream.on('end', this.#onEnd);
    // A socket that was accepted paused stays so until told.
    stream.resume();
  }

  get ended(): boolean {
    return this.#ended;
  }

  get idle(): boolean {
    const { stream } = this.#options;
    return this.#splitter.empty && stream.writableLength === 0 && stream.readableLength === 0;
  }

  /** Sends a notification. */
  send(message: Buffer): void {
    if (this.#ended) return;
    const { stream, shorten } = this.#options;
    const written = shorten === undefined ? message : shorten(message);
    if (written !== message) giveBack(message);
    if (!stream.write(written)) this.#block();
  }

  /** Gives the stream up. */
  close(): void {
    this.#onEnd();
    this.#options.stream.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#splitter.push(chunk);
    this.#pump();
  };

  readonly #onDrain = (): void => {
    this.#blocked = false;
    this.#pump();
    // #pump may have blocked again.
    if (!this.#isBlocked()) this.#options.stream.resume();
  };

  readonly #onError = (error: Error): void => {
    if (!this.#ended) this.#options.onTrouble(error);
    this.close();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#options.stream.off('data', this.#onData);
  };

  #pump(): void {
    try {
      while (this.#handleSome());
    } catch (error) {
      this.#options.onTrouble(error);
      this.close();
    }
  }

  /** Handles a few messages, whose replies are written together; false when there is nothing more to do now. */
  #handleSome(): boolean {
    const { stream, handle } = this.#options;
    stream.cork();
    try {
      for (let count = 0; count < REPLIES_TOGETHER; count++) {
        const message = this.#blocked || this.#ended ? null : this.#splitter.next();
        if (message === null) return false;
        const reply = handle(message);
        const ahead = this.#options.ahead?.() ?? null;
        if (ahead?.first === true) this.send(ahead.message);
        if (reply !== null) this.send(reply);
        if (ahead?.first === false) this.send(ahead.message);
      }
      return true;
    } finally {
      stream.uncork();
    }
  }

  #block(): void {
    this.#blocked = true;
    this.#options.stream.pause();
  }

  #isBlocked(): boolean {
    return this.#blocked;
  }
}
