/** A line that never ends (a progress bar of dots, a binary file) is cut here, so that it takes no memory without end. */
const LONGEST_LINE = 4096;

/** Makes lines of text that comes in arbitrary pieces. */
export class LineSplitter {
  #rest = '';

  /** The lines that `text` completes, without their line feeds. */
  push(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const complete = lines.flatMap(cut);
    if (this.#rest.length < LONGEST_LINE) return complete;
    const pieces = cut(this.#rest);
    this.#rest = pieces.at(-1) ?? '';
    return [...complete, ...pieces.slice(0, -1)];
  }

  /** The line that was begun and not ended; none where there is no such. */
  flush(): readonly string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}

function cut(line: string): readonly string[] {
  if (line.length <= LONGEST_LINE) return [line];
  const pieces = [];
  for (let start = 0; start < line.length; start += LONGEST_LINE) pieces.push(line.slice(start, start + LONGEST_LINE));
  return pieces;
}
