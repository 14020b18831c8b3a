import { PassThrough, type Readable } from 'node:stream';

import type { OutputStream } from '../output-stream.ts';
import type { InputStream } from '../read-secret.ts';
import type { Surroundings } from '../surroundings.ts';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/**
 * What a program may have set on a terminal and could not take back, because its machine ended (xterm's control sequences): mouse
 * reports, bracketed paste, the alternate screen, a hidden cursor, colours.
 */
const TAKE_BACK =
  '\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?2004l\u001b[?1047l\u001b[?25h\u001b[0m\r\n';

/**
 * The terminal of this process, lent to a program in a guest: from `start` on every key is the guest's, Ctrl-C too. Its
 * disposal gives it back as it was.
 */
export class HostTerminal implements Disposable {
  readonly type: string;
  readonly input = new PassThrough();
  readonly #stdin: InputStream;
  readonly #stdout: OutputStream;
  readonly #surroundings: Pick<Surroundings, 'onWindowChange' | 'stopOutputProcessing'>;
  #isLent = false;

  constructor(surroundings: Surroundings) {
    this.type = surroundings.environment['TERM'] || 'dumb';
    this.#stdin = surroundings.stdin();
    this.#stdout = surroundings.stdout;
    this.#surroundings = surroundings;
  }

  size(): { readonly columns: number; readonly rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#stdout.columns || DEFAULT_COLUMNS, rows: this.#stdout.rows || DEFAULT_ROWS };
  }

  onResize(listener: () => void): Disposable {
    return this.#surroundings.onWindowChange?.(listener) ?? { [Symbol.dispose]: () => undefined };
  }

  start(): void {
    this.#stdin.setRawMode?.(true);
    // The guest's terminal has made of line feeds what is to be made of them.
    this.#surroundings.stopOutputProcessing?.();
    this.#isLent = true;
    this.#stdin.pipe(this.input);
  }

  /** What a program could not undo because it did not end by itself. */
  takeBack(): void {
    if (this.#isLent) this.#stdout.write(TAKE_BACK);
  }

  [Symbol.dispose](): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#stdin.unpipe(this.input);
    this.#stdin.pause();
    this.#stdin.setRawMode?.(false);
  }
}

/** stdin where it is no terminal, as fast as the guest takes it: what ends the guest's end does not close ours. */
export function pipedInput(stdin: Readable): Readable {
  const input = new PassThrough();
  stdin.once('error', (error) => input.destroy(error));
  return stdin.pipe(input);
}
