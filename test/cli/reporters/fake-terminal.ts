import type { OutputStream } from '../../../cli/output-stream.ts';

/**
 * A terminal that understands what LiveArea sends: line feeds, carriage returns, up, erase to the end of line and screen.
 * Lines never scroll away and never wrap: one that is too long shows as such.
 */
export class FakeTerminal implements OutputStream {
  readonly isTTY = true;
  columns: number;
  rows: number;
  writes = 0;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  /** What is on the screen, without blanks and empty lines at the ends. */
  get screen(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  write(text: string): void {
    this.writes += 1;
    for (const [piece] of text.matchAll(/\u001b\[\d*[A-Z]|[\r\n]|[^\u001b\r\n]+/g)) this.#take(piece);
  }

  #take(piece: string): void {
    if (piece === '\n') this.#row += 1;
    if (piece === '\n' || piece === '\r') this.#column = 0;
    else if (piece.endsWith('A') && piece.startsWith('\u001b')) this.#row -= Number(piece.slice(2, -1));
    else if (piece === '\u001b[K') this.#put(this.#line().slice(0, this.#column));
    else if (piece === '\u001b[J') this.#eraseBelow();
    else if (piece.startsWith('\u001b')) throw new Error(`This terminal does not know ${JSON.stringify(piece)}`);
    else this.#overwrite(piece);
    if (this.#row < 0) throw new Error('The cursor was moved above the screen');
  }

  #line(): string {
    return this.#lines[this.#row] ?? '';
  }

  #put(line: string): void {
    this.#lines[this.#row] = line;
    this.#lines = Array.from(this.#lines, (other: string | undefined) => other ?? '');
  }

  #eraseBelow(): void {
    this.#put(this.#line().slice(0, this.#column));
    this.#lines.length = this.#row + 1;
  }

  #overwrite(text: string): void {
    const line = this.#line().padEnd(this.#column);
    this.#put(line.slice(0, this.#column) + text + line.slice(this.#column + text.length));
    this.#column += text.length;
  }
}
