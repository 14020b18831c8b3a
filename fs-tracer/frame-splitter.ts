import { LayerError } from '../util/layer-error.ts';
import { IN_HEADER_BYTES, MAX_MESSAGE_BYTES } from './fuse-protocol.ts';

const NOTHING = Buffer.alloc(0);
const LENGTH_BYTES = 4;

/**
 * Cuts a byte stream into FUSE messages: each begins with its own length, u32 little endian. Holds at most one message and
 * the chunk it came in, as the caller takes all messages out before pushing more or stops reading the stream. A message
 * that comes in pieces is gathered in one buffer of its length: a piece may be one byte, and each would weigh a hundred.
 */
export class FrameSplitter {
  /** What is not yet looked at. */
  #rest: Buffer = NOTHING;
  /** The beginning of a message, in a buffer for all of it; null between two messages. */
  #begun: Buffer | null = null;
  #gathered = 0;

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /**
   * The next whole message, null until it has arrived. Throws `GUEST_PROTOCOL` for a length no message can have; nothing
   * after that can be trusted.
   */
  next(): Buffer | null {
    if (this.#begun !== null) return this.#gather(this.#begun);
    if (this.#rest.length < LENGTH_BYTES) return null;
    const length = this.#rest.readUInt32LE(0);
    if (length < IN_HEADER_BYTES || length > MAX_MESSAGE_BYTES) {
      throw new LayerError('GUEST_PROTOCOL', `The guest sent a file system message of ${length} bytes`);
    }
    if (this.#rest.length >= length) return this.#take(length);
    this.#begun = Buffer.allocUnsafe(length);
    this.#gathered = 0;
    return this.#gather(this.#begun);
  }

  /** True when nothing is waiting, not even a part of a message. */
  get empty(): boolean {
    return this.#rest.length === 0 && this.#begun === null;
  }

  #gather(begun: Buffer): Buffer | null {
    const piece = this.#take(Math.min(this.#rest.length, begun.length - this.#gathered));
    piece.copy(begun, this.#gathered);
    this.#gathered += piece.length;
    if (this.#gathered < begun.length) return null;
    this.#begun = null;
    return begun;
  }

  #take(length: number): Buffer {
    const all = this.#rest;
    this.#rest = all.length === length ? NOTHING : all.subarray(length);
    return all.length === length ? all : all.subarray(0, length);
  }
}
