import { widthOf } from './text-width.ts';

export type Alignment = 'left' | 'right';

const GAP = '  ';

/** Lines with two blanks between columns and none at their ends. Every row has a cell for each column. */
export function alignTable(alignments: readonly Alignment[], rows: readonly (readonly string[])[]): string[] {
  const widths = alignments.map((_, column) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) => {
    const cells = alignments.map((alignment, column) => {
      const text = row[column] ?? '';
      const blanks = ' '.repeat((widths[column] ?? 0) - widthOf(text));
      return alignment === 'left' ? text + blanks : blanks + text;
    });
    return cells.join(GAP).trimEnd();
  });
}
