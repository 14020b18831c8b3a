import type { Exposed } from '../../runner/index.ts';
import { printableLine } from '../printable-text.ts';
import { widthOf } from '../text-width.ts';

/**
 * `  http://localhost:23456/api  -> port 3000 of the machine`, one line for each, in columns. With several Layerfiles each
 * says which one it is of.
 */
export function exposedLines(exposed: readonly Exposed[]): readonly string[] {
  const several = new Set(exposed.map(({ layerfile }) => layerfile)).size > 1;
  const rows = exposed.map(({ layerfile, url, guestPort }) => [
    ...(several ? [printableLine(layerfile)] : []),
    printableLine(url),
    `-> port ${guestPort} of the machine`,
  ]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) => `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ')}`.trimEnd());
}

function pad(cell: string, width: number): string {
  return `${cell}${' '.repeat(Math.max(0, width - widthOf(cell)))}`;
}
