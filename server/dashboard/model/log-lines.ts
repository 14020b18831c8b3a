import { nextStyle } from './ansi-state.ts';

/** What one row of a log is: a line that a step wrote, or the heading of a step. */
export type LogRow = OutputRow | HeadingRow;

export interface OutputRow {
  readonly kind: 'output';
  readonly step: number;
  /** From 1; headings have none, so that a link to a line stays right. */
  readonly line: number;
  readonly stream: 'stdout' | 'stderr';
  /** May hold escape sequences. */
  readonly text: string;
  /** Escape sequences in force where the line begins. */
  readonly style: string;
}

export interface HeadingRow {
  readonly kind: 'heading';
  readonly step: number;
}

/** A machine may print without end: more than this is left to the raw log. */
const MOST_ROWS = 400_000;
const LONGEST_LINE = 8000;

interface OpenLine {
  index: number;
  style: string;
}

/** The rows of one machine's log, in the order in which it wrote them. Rows are added at the end; only unfinished lines change. */
export class LogLines {
  readonly rows: LogRow[] = [];
  /** Whether there was more than is kept. */
  isCut = false;
  #lines = 0;
  /** The line that each stream of each step has not ended yet. */
  readonly #open = new Map<string, OpenLine>();
  readonly #headings = new Map<number, number>();

  get lineCount(): number {
    return this.#lines;
  }

  heading(step: number): void {
    if (this.#headings.has(step)) return;
    this.#headings.set(step, this.rows.length);
    this.rows.push({ kind: 'heading', step });
  }

  /** Where a step begins. */
  headingIndex(step: number): number | undefined {
    return this.#headings.get(step);
  }

  /** The row of line `line`; undefined where there is none. */
  indexOfLine(line: number): number | undefined {
    const { rows } = this;
    let [low, high] = [0, rows.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.#lineAtOrAfter(middle, high);
      if (at === null || at.line > line) high = middle - 1;
      else if (at.line < line) low = at.index + 1;
      else return at.index;
    }
    return undefined;
  }

  /** Text in arbitrary pieces: what it does not end with a line feed is gone on with by the next. */
  push(step: number, stream: OutputRow['stream'], text: string): void {
    const key = `${stream}${step}`;
    const pieces = text.split('\n');
    const last = pieces.length - 1;
    for (const [index, piece] of pieces.entries()) {
      const isEnded = index < last;
      if (piece === '' && !isEnded) continue;
      this.#extend(key, step, stream, piece);
      if (isEnded) this.#endLine(key);
    }
  }

  #extend(key: string, step: number, stream: OutputRow['stream'], piece: string): void {
    const open = this.#open.get(key);
    const row = open === undefined ? undefined : this.rows[open.index];
    if (open !== undefined && row?.kind === 'output') {
      this.rows[open.index] = { ...row, text: (row.text + piece).slice(0, LONGEST_LINE) };
      return;
    }
    if (this.rows.length >= MOST_ROWS) {
      this.isCut = true;
      return;
    }
    const style = open?.style ?? '';
    this.#lines++;
    this.rows.push({ kind: 'output', step, line: this.#lines, stream, text: piece.slice(0, LONGEST_LINE), style });
    this.#open.set(key, { index: this.rows.length - 1, style });
  }

  #endLine(key: string): void {
    const open = this.#open.get(key);
    const row = open === undefined ? undefined : this.rows[open.index];
    if (open === undefined || row?.kind !== 'output') return;
    this.#open.set(key, { index: -1, style: nextStyle(row.style, row.text) });
  }

  #lineAtOrAfter(from: number, to: number): { readonly line: number; readonly index: number } | null {
    for (let index = from; index <= to; index++) {
      const row = this.rows[index];
      if (row?.kind === 'output') return { line: row.line, index };
    }
    return null;
  }
}
