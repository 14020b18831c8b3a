import { plainText } from './ansi-state.ts';
import type { LogRow } from './log-lines.ts';

/** More are not counted. */
const MOST_MATCHES = 10_000;

/** The rows that hold `needle`, whatever its capitals; headings are not searched. */
export function matchingRows(rows: readonly LogRow[], needle: string): readonly number[] {
  const wanted = needle.toLowerCase();
  const found: number[] = [];
  if (wanted === '') return found;
  for (let index = 0; index < rows.length && found.length < MOST_MATCHES; index++) {
    const row = rows[index];
    if (row?.kind === 'output' && holds(row.text, wanted)) found.push(index);
  }
  return found;
}

function holds(text: string, wanted: string): boolean {
  // Escape sequences may stand within a word; most lines have none, and 100,000 lines are searched between two frames.
  const plain = text.includes('\u001b') || text.includes('\r') ? plainText(text) : text;
  return plain.toLowerCase().includes(wanted);
}
