import type { Samples } from './samples.ts';

/** A row for each place on the x axis, a column for each series. */
export function samplesTable(samples: Samples, xLabel: string, columns: readonly string[]): string {
  const rows = samples.places.map((x) => [
    String(x),
    ...columns.map((series) => {
      const median = samples.median(series, x);
      return median === undefined ? '-' : median.toFixed(median < 10 ? 1 : 0);
    }),
  ]);
  return aligned([[xLabel, ...columns], ...rows]);
}

/** How many times as long `theirs` take as `ours`, at each place. */
export function ratioTable(
  samples: Samples,
  xLabel: string,
  pairs: readonly (readonly [ours: string, theirs: string])[],
): string {
  const measured = pairs.filter((pair) => pair.every((series) => samples.series.includes(series)));
  if (measured.length === 0) return '';
  const rows = samples.places.map((x) => [
    String(x),
    ...measured.map(([ours, theirs]) => {
      const ratio = (samples.median(theirs, x) ?? NaN) / (samples.median(ours, x) ?? NaN);
      return Number.isNaN(ratio) ? '-' : `${ratio.toFixed(1)} x`;
    }),
  ]);
  return aligned([[xLabel, ...measured.map(([ours, theirs]) => `${theirs} / ${ours}`)], ...rows]);
}

export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')).join('\n');
}
