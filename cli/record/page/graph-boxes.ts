import { widthOf } from '../../text-width.ts';
import type { Box } from '../graph/layered-graph.ts';
import type { LayerfileRecord } from '../run-record.ts';

/** Layerfiles that are drawn together: one, or many that need the same and that nothing needs. */
export interface GraphBox extends Box {
  readonly members: readonly LayerfileRecord[];
}

/** How Layerfiles are drawn: lengths in CSS pixels. */
export interface CellStyle {
  readonly name: 'roomy' | 'compact';
  readonly width: number;
  readonly height: number;
  /** Of its name, in columns of text; longer ones are cut. */
  readonly columns: number;
}

interface CellLimits extends Pick<CellStyle, 'name' | 'height'> {
  /** What one column of text takes in a wide font, and what is beside the text. */
  readonly columnWidth: number;
  readonly beside: number;
  readonly narrowest: number;
  readonly widest: number;
}

const ROOMY: CellLimits = { name: 'roomy', height: 46, columnWidth: 9.4, beside: 48, narrowest: 180, widest: 262 };
/** Only names, and so small that four layers of them fit a screen. */
const COMPACT: CellLimits = { name: 'compact', height: 26, columnWidth: 7.2, beside: 40, narrowest: 96, widest: 160 };
const MOST_ROOMY = 40;

/** Around and between those that are drawn together. */
export const INSET = 6;
/** Where so many end on the same, an arrow to each says no more than one to all. */
const LEAST_TOGETHER = { roomy: 6, compact: 3 } as const;

export function cellStyle(layerfiles: readonly LayerfileRecord[]): CellStyle {
  const { name, height, columnWidth, beside, narrowest, widest } = layerfiles.length > MOST_ROOMY ? COMPACT : ROOMY;
  const longest = Math.max(0, ...layerfiles.map((layerfile) => widthOf(layerfile.name)));
  const width = Math.round(Math.min(widest, Math.max(narrowest, longest * columnWidth + beside)));
  return { name, height, width, columns: Math.floor((width - beside) / columnWidth) };
}

/** The boxes for Layerfiles that are in some relation to others. */
export function graphBoxes(layerfiles: readonly LayerfileRecord[], cell: CellStyle): readonly GraphBox[] {
  const needed = new Set(layerfiles.flatMap(({ needs }) => needs.map(({ layerfile }) => layerfile)));
  const groups = Map.groupBy(layerfiles, (layerfile) => {
    return needed.has(layerfile.layerfile)
      ? `alone ${layerfile.layerfile}`
      : `leaves ${JSON.stringify(layerfile.needs)}`;
  });
  return [...groups.values()].flatMap((members): readonly GraphBox[] =>
    members.length < LEAST_TOGETHER[cell.name]
      ? members.map((member) => boxOf([member], cell))
      : [boxOf(members, cell)],
  );
}

function boxOf(members: readonly LayerfileRecord[], cell: CellStyle): GraphBox {
  const id = members[0]?.layerfile ?? '';
  if (members.length === 1) return { id, members, width: cell.width, height: cell.height };
  const columns = cell.name === 'compact' ? 3 : Math.min(3, Math.ceil(members.length / 8));
  const rows = Math.ceil(members.length / columns);
  const [width, height] = [columns * (cell.width + INSET) + INSET, rows * (cell.height + INSET) + INSET];
  return { id, members, width, height };
}
