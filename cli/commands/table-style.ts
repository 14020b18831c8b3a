import { createPalette, hasColour } from '../reporters/palette.ts';
import type { Surroundings } from '../surroundings.ts';
import type { TableStyle } from './snapshot-table.ts';

const DEFAULT_COLUMNS = 80;

/** As wide as the terminal; 80 columns where there is none. */
export function tableStyle({ stdout, environment }: Surroundings): TableStyle {
  return {
    palette: createPalette(hasColour(stdout, environment)),
    columns: stdout.columns ?? DEFAULT_COLUMNS,
    nowMs: Date.now(),
    home: environment['HOME'],
  };
}
