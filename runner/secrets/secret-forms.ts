import { bashQuoted } from './bash-quote.ts';

/** Shorter lines are as good as any text: `}`, `--`. */
const SHORTEST_LINE = 4;

/**
 * What must not be shown of a secret: the value, and how programs commonly write it. `printf %q` is what a shell says of it,
 * `'\''` what `set -x` does, the JSON form what most other programs do; and each line, since tools add prefixes, carriage
 * returns and indentation to lines.
 */
export function formsOf(value: string): readonly string[] {
  if (value === '') return [];
  const lines = value.includes('\n') ? value.split('\n').map((line) => line.trim()) : [];
  return [
    ...new Set([
      value,
      ...lines.filter((line) => line.length >= SHORTEST_LINE),
      ...bashQuoted(value),
      value.replaceAll("'", `'\\''`),
      JSON.stringify(value).slice(1, -1),
    ]),
  ];
}
