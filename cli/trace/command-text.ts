import { printableLine } from '../../util/printable-text.ts';

/** A command as somebody would type it, on one line and safe to print. */
export function commandText(words: readonly string[]): string {
  return printableLine(words.map(quoted).join(' ').replaceAll('\n', ' '));
}

function quoted(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
