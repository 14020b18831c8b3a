import { stripVTControlCharacters } from 'node:util';

import type { OutputStream } from '../output-stream.ts';
import { widthOf } from '../text-width.ts';

/** A terminal that does not tell its size is taken to be as small as the oldest ones. */
const FALLBACK = { columns: 80, rows: 24 };

/**
 * The lines at the bottom of a terminal that are drawn anew, below those that stay. Each update is one write, which
 * overwrites the old lines in place and only then clears what is left of them: nothing flickers. The cursor is never
 * hidden, so being killed at any instant leaves a usable terminal.
 */
export class LiveArea {
  readonly #stdout: OutputStream;
  /** The widths of the lines on the screen, top to bottom. */
  #drawn: readonly number[] = [];
  /** What is on the screen, and in how wide a window. */
  #frame = '';

  constructor(stdout: OutputStream) {
    this.#stdout = stdout;
  }

  /** What one line may take: the last column stays free, as terminals differ in what they do when it is written to. */
  get columns(): number {
    return (this.#stdout.columns ?? FALLBACK.columns) - 1;
  }

  /** How many live lines the window has room for. */
  get rows(): number {
    return Math.max(0, (this.#stdout.rows ?? FALLBACK.rows) - 2);
  }

  /** Adds lines that stay, then draws the live lines, as many as the window has room for. Writes nothing where nothing changes. */
  update(staying: readonly string[], live: readonly string[]): void {
    if (staying.length === 0 && live.length === 0 && this.#drawn.length === 0) return;
    const fitting = live.slice(0, this.rows);
    const frame = [this.columns, ...fitting].join('\n');
    if (staying.length === 0 && frame === this.#frame) return;
    this.#frame = frame;
    const lines = [...staying, ...fitting].map((line) => `${line}\u001b[K\n`).join('');
    this.#stdout.write(`${this.#toTop()}${lines}\u001b[J`);
    this.#drawn = fitting.map((line) => widthOf(stripVTControlCharacters(line)));
  }

  /** The cursor is below the live lines. In a window that became narrower they have been wrapped, and take more rows. */
  #toTop(): string {
    const columns = this.#stdout.columns ?? FALLBACK.columns;
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows === 0 ? '\r' : `\r\u001b[${rows}A`;
  }
}
