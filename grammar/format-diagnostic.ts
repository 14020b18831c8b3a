import type { Diagnostic } from './diagnostic.ts';
import { printable } from './quote.ts';
import { withoutByteOrderMark } from './source-position.ts';

/** What 80 columns have room for beside the line's number: a line that a terminal wraps has its squiggle in the wrong place. */
const SHOWN_COLUMNS = 70;
/** Where the finding is further right than that, the line is shown from a little before it. */
const SHOWN_BEFORE = 40;

/**
 * A finding as people read it, without a line break at the end. `source` is the text it was found in.
 *
 *     Layerfile:3:1: error: unknown instruction `RNU`, did you mean `RUN`?
 *       3 | RNU make
 *         | ^^^^^^^^
 *       hint: Write `RUN make`.
 */
export function formatDiagnostic(diagnostic: Diagnostic, source: string): string {
  const { path, range, severity, message, hint, related = [] } = diagnostic;
  const place = (file: string, { line, column }: typeof range.start): string => `${file}:${line}:${column}`;
  return [
    `${place(path, range.start)}: ${severity}: ${message}`,
    ...excerpt(diagnostic, source),
    ...related.map((other) => `  ${place(other.path, other.range.start)}: ${other.message}`),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ].join('\n');
}

/** The line of the finding and its squiggle; of a finding over several lines, the first. */
function excerpt({ range }: Diagnostic, source: string): readonly string[] {
  const line = withoutByteOrderMark(source).split(/\r\n|\r|\n/, range.start.line)[range.start.line - 1];
  if (line === undefined) return [];
  const start = range.start.column - 1;
  const end = range.end.line === range.start.line ? range.end.column - 1 : line.length;
  const from = end > SHOWN_COLUMNS ? Math.max(0, start - SHOWN_BEFORE) : 0;
  const shown = line.slice(from, from + SHOWN_COLUMNS);
  const [before, marked] = [line.slice(from, start), shown.slice(start - from, end - from)];
  const number = String(range.start.line);
  return [
    `  ${number} | ${printable(shown)}`.trimEnd(),
    `  ${' '.repeat(number.length)} | ${blankOf(before)}${'^'.repeat(Math.max(1, widthOf(marked)))}`,
  ];
}

/** As wide as `text` on a screen; tabs stay, since only the terminal knows their width. */
function blankOf(text: string): string {
  return Array.from(text, (character) => (character === '\t' ? '\t' : ' '.repeat(widthOf(character)))).join('');
}

/** The number of screen columns, near enough: combining marks take none, East Asian and emoji characters two. */
function widthOf(text: string): number {
  const columns = Array.from(text, (character) => {
    if (/\p{M}|\u200D/u.test(character)) return 0;
    return /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u.test(
      character,
    )
      ? 2
      : 1;
  });
  return columns.reduce<number>((sum, width) => sum + width, 0);
}
