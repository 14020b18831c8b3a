/** A place in a source text. Lines and columns count from 1; a column counts UTF-16 code units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A stretch of a source text; `end` is the first place behind it. */
export interface SourceRange {
  readonly start: Position;
  readonly end: Position;
}

/** Where each line of a text begins, so that offsets can be told as positions without rescanning. */
export class LineIndex {
  readonly #starts: readonly number[];
  readonly #length: number;

  constructor(text: string) {
    this.#starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (found) => found.index + found[0].length)];
    this.#length = text.length;
  }

  /** The position of `offset`, held within the text. */
  positionAt(offset: number): Position {
    const held = Math.max(0, Math.min(offset, this.#length));
    const line = this.#lineOf(held);
    return { line: line + 1, column: held - (this.#starts[line] ?? 0) + 1 };
  }

  rangeOf(start: number, end: number): SourceRange {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }

  /** Binary search: the last line that begins at or before `offset`, counted from 0. */
  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The text without a leading byte order mark, which no editor counts as a column. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
