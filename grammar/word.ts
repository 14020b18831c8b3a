import { continuationEnd, separatorAfter } from './continuation.ts';

/** A word of an instruction as the lexer found it. */
export interface ScannedWord {
  /** As written, quotes kept, continued lines joined. */
  readonly written: string;
  /** The offset behind it. */
  readonly end: number;
  /** The quote or bracket that is never closed; the word then reaches to the end of the line. */
  readonly unclosed: string | null;
}

const OPENING = /\$\(|\$\{|["'`]/y;
const CLOSER: Readonly<Record<string, string>> = { '$(': ')', '${': '}', '(': ')', '"': '"', "'": "'", '`': '`' };
const OPENER: Readonly<Record<string, string>> = { ')': '$(', '}': '${' };

/**
 * Reads one word from `start`: blanks end it, unless they are escaped or inside quotes, `$(…)` or `${…}`. One pass with a
 * stack of what is open, so that nested and unclosed ones take linear time.
 */
export function scanWord(source: string, start: number): ScannedWord {
  const closers: string[] = [];
  let written = '';
  let offset = start;
  while (offset < source.length && !endsWord(source[offset] ?? '', closers.length > 0)) {
    const next = source[offset] === '\\' ? continuationEnd(source, offset) : undefined;
    if (next !== undefined) {
      if (closers.length === 0) break;
      written += separatorAfter(written);
      offset = next;
      continue;
    }
    const taken = takeOne(source, offset, closers);
    written += taken;
    offset += taken.length;
  }
  const open = closers.at(-1);
  if (open === undefined) return { written: withoutLastEscape(written), end: offset, unclosed: null };
  return { written, end: offset, unclosed: OPENER[open] ?? open };
}

/** An escaped blank at the end is quoted instead: behind it, a line's end would make a continuation of the backslash. */
function withoutLastEscape(written: string): string {
  return written.replace(/\\([ \t])$/, '"$1"');
}

function endsWord(character: string, isOpen: boolean): boolean {
  return character === '\n' || character === '\r' || (!isOpen && (character === ' ' || character === '\t'));
}

/** Takes one character, escape or bracket, and keeps `closers`, the stack of what is open, up to date. */
function takeOne(source: string, offset: number, closers: string[]): string {
  const innermost = closers.at(-1);
  const character = source[offset] ?? '';
  if (character === innermost) {
    closers.pop();
    return character;
  }
  if (innermost === "'") return character;
  if (character === '\\') return escapeAt(source, offset);
  if (innermost === '`') return character;
  const opening = openingAt(source, offset, innermost);
  if (opening === undefined) return character;
  closers.push(CLOSER[opening] ?? opening);
  return opening;
}

/** In double quotes, single quotes are plain; inside `$(…)`, plain parentheses nest. */
function openingAt(source: string, offset: number, innermost: string | undefined): string | undefined {
  if (innermost === ')' && source[offset] === '(') return '(';
  OPENING.lastIndex = offset;
  const opening = OPENING.exec(source)?.[0];
  return opening === "'" && (innermost === '"' || innermost === '}') ? undefined : opening;
}

function escapeAt(source: string, offset: number): string {
  const escaped = source[offset + 1];
  return escaped === undefined || escaped === '\r' || escaped === '\n' ? '\\' : `\\${escaped}`;
}

/** Quotes and escapes. The closing quote is optional, so that nothing here can fail late and be tried again and again. */
const GROUPING = /\\([ \t"'`\\])|"((?:[^"\\]+|\\[^])*)("?)|'([^']*)('?)/g;

/** The word without the quotes, and without the backslashes before blanks and quotes, that only grouped it. */
export function unquote(written: string): string {
  return written.replace(
    GROUPING,
    (whole: string, escaped: string | undefined, ...quoted: readonly (string | undefined)[]) => {
      const [double = '', doubleEnd, single = '', singleEnd] = quoted;
      if (escaped !== undefined) return escaped;
      if (doubleEnd === '"') return double.replace(/\\(["\\])/g, '$1');
      return singleEnd === "'" ? single : whole;
    },
  );
}
