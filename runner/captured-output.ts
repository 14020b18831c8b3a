import { StringDecoder } from 'node:string_decoder';

import { LayerError } from '../util/layer-error.ts';

/** Far more than any command of ours prints. */
const LIMIT_BYTES = 16 << 20;

/**
 * What a command of ours prints in the guest. The guest may have put another program in its place: one that prints
 * without end is given up through {@link signal}, with `GUEST_PROTOCOL`.
 */
export class CapturedOutput {
  readonly signal: AbortSignal;
  readonly #tooMuch = new AbortController();
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #bytes = 0;

  /** `signal` ends the command as well. */
  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#tooMuch.signal]);
  }

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= LIMIT_BYTES) this.#text += this.#decoder.write(bytes);
    else
      this.#tooMuch.abort(
        new LayerError('GUEST_PROTOCOL', 'A command in the guest printed more than it can have to say'),
      );
  }

  /** All that was printed. */
  text(): string {
    return this.#text + this.#decoder.end();
  }
}
