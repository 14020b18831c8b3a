import { Duplex } from 'node:stream';

/** A stream that is asked and answers in one call: what is between is the other side's work alone. */
export class AskedStream extends Duplex {
  #answer: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];

  /** Sends one message and gives what was written in answer. */
  ask(message: Buffer): Buffer {
    this.#parts = [];
    this.push(message);
    const [first] = this.#parts;
    this.#answer = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    return this.#answer;
  }

  override _read(): void {
    // All is pushed when it is asked.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#parts.push(bytes);
    done();
  }
}
