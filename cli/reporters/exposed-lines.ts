import type { Exposed } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import { widthOf } from '../text-width.ts';
import type { BuildNames } from './build-names.ts';

/**
 * `  http://localhost:23456/api  -> port 3000 of the machine`, one line for each, in columns. Of several Layerfiles or copies
 * each says which one it is of.
 */
export function exposedLines(exposed: readonly Exposed[], names: BuildNames): readonly string[] {
  const owners = exposed.map((each) => names.of(each));
  const several = new Set(owners).size > 1;
  const rows = exposed.map(({ url, guestPort }, index) => [
    ...(several ? [owners[index] ?? ''] : []),
    printableLine(url),
    `-> port ${guestPort} of the machine`,
  ]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) => `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ')}`.trimEnd());
}

function pad(cell: string, width: number): string {
  return `${cell}${' '.repeat(Math.max(0, width - widthOf(cell)))}`;
}
