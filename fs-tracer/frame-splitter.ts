import { LayerError } from '../util/layer-error.ts';
import { IN_HEADER_BYTES, MAX_MESSAGE_BYTES } from './fuse-protocol.ts';

/**
 * Cuts a byte stream into FUSE messages: each begins with its own length, u32 little endian. Holds at most one message and
 * the chunk it came in, as the caller takes all messages out before pushing more or stops reading the stream.
 */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /**
   * The next whole message, null until it has arrived. Throws `GUEST_PROTOCOL` for a length no message can have; nothing
   * after that can be trusted.
   */
  next(): Buffer | null {
    if (this.#bytes < 4) return null;
    const length = this.#first(4).readUInt32LE(0);
    if (length < IN_HEADER_BYTES || length > MAX_MESSAGE_BYTES) {
      throw new LayerError('GUEST_PROTOCOL', `The guest sent a file system message of ${length} bytes`);
    }
    if (this.#bytes < length) return null;
    return this.#take(length);
  }

  /** True when nothing is waiting, not even a part of a message. */
  get empty(): boolean {
    return this.#bytes === 0;
  }

  /** Makes the first chunk at least `bytes` long, which have arrived. */
  #first(bytes: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #take(length: number): Buffer {
    const first = this.#first(length);
    this.#bytes -= length;
    if (first.length === length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(length);
    return first.subarray(0, length);
  }
}
