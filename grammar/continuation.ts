/**
 * A backslash at the end of a line continues the instruction on the next one. Blanks behind the backslash, comment lines
 * and empty lines in between, and the blanks before the continued text all belong to the break.
 */
const BREAK = /\\[ \t]*(?:\r\n|\r|\n|$)(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*[ \t]*(?:#[^\r\n]*$)?/y;

const PLAIN_TEXT = /[^\\\r\n]+/y;

/** One physical line's part of a continued line. */
export interface ContinuedPart {
  readonly start: number;
  readonly text: string;
}

export interface LogicalLine {
  /** The line with its breaks replaced: one blank each, none where there is one already. No blanks at either end. */
  readonly text: string;
  readonly parts: readonly ContinuedPart[];
  /** The offset behind the last character that is not blank. */
  readonly contentEnd: number;
  /** The offset of the line break (or end of the source) that ends it. */
  readonly end: number;
}

/** Where the continued text begins if `offset` is at a backslash that continues the line. */
export function continuationEnd(source: string, offset: number): number | undefined {
  BREAK.lastIndex = offset;
  return BREAK.test(source) ? BREAK.lastIndex : undefined;
}

/** What a line break stands for behind `text`: a blank, unless there is one or nothing yet. */
export function separatorAfter(text: string): string {
  return text === '' || text.endsWith(' ') || text.endsWith('\t') ? '' : ' ';
}

/** Reads from `start` to the end of the line, following continuations. */
export function readLogicalLine(source: string, start: number): LogicalLine {
  const parts: ContinuedPart[] = [];
  let partStart = start;
  let offset = start;
  const endPart = (): void => {
    if (offset > partStart) parts.push({ start: partStart, text: source.slice(partStart, offset) });
  };
  while (offset < source.length && source[offset] !== '\r' && source[offset] !== '\n') {
    const next = source[offset] === '\\' ? continuationEnd(source, offset) : undefined;
    if (next === undefined) {
      offset = skipPlain(source, offset);
      continue;
    }
    endPart();
    partStart = offset = next;
  }
  endPart();
  return { ...joinParts(parts, start), end: offset };
}

function joinParts(parts: readonly ContinuedPart[], start: number): Omit<LogicalLine, 'end'> {
  const pieces = parts.map((part, index) => separatorAfter(parts[index - 1]?.text ?? '') + part.text);
  const last = parts.findLast((part) => lengthWithoutBlanks(part.text) > 0);
  const text = pieces.join('');
  return {
    text: withoutLooseEnd(text).replace(/^[ \t]+/, ''),
    parts,
    contentEnd: last === undefined ? start : last.start + lengthWithoutBlanks(last.text),
  };
}

/** Past the text up to the next backslash or break; past a backslash together with what it escapes. */
function skipPlain(source: string, offset: number): number {
  PLAIN_TEXT.lastIndex = offset;
  if (PLAIN_TEXT.test(source)) return PLAIN_TEXT.lastIndex;
  const escaped = source[offset + 1];
  return offset + (escaped === undefined || escaped === '\r' || escaped === '\n' ? 1 : 2);
}

/** Without blanks at the end, and without a backslash that only had such a blank to escape: it would continue the line. */
function withoutLooseEnd(text: string): string {
  let length = lengthWithoutBlanks(text);
  for (;;) {
    let backslashes = 0;
    while (text[length - backslashes - 1] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return text.slice(0, length);
    length = lengthWithoutBlanks(text, length - 1);
  }
}

/** The length without the blanks at the end; a loop, because `/[ \t]+$/` takes quadratic time on long runs of blanks. */
function lengthWithoutBlanks(text: string, within = text.length): number {
  let length = within;
  while (length > 0 && (text[length - 1] === ' ' || text[length - 1] === '\t')) length -= 1;
  return length;
}
