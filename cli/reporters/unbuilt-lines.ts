import { widthOf } from '../text-width.ts';
import type { BuildNames } from './build-names.ts';
import type { LayerfileTally } from './layerfile-tally.ts';
import type { Palette } from './palette.ts';
import type { Tallies } from './tallies.ts';

/** Which Layerfiles were cancelled, and which were skipped for want of which other one: a line for each of these groups. */
export function unbuiltLines(
  tallies: Tallies,
  names: BuildNames,
  columns: number,
  palette: Palette,
): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const tally of tallies.all) {
    const title = titleOf(tally, tallies, names);
    if (title === null) continue;
    groups.set(title, [...(groups.get(title) ?? []), names.of(tally.build)]);
  }
  return [...groups].map(([title, members]) =>
    palette.yellow(`${title}: ${nameList(members, columns - widthOf(title) - 2)}`),
  );
}

function titleOf({ outcome, build }: LayerfileTally, tallies: Tallies, names: BuildNames): string | null {
  if (outcome === 'cancelled') return '✗ cancelled';
  if (outcome !== 'skipped') return null;
  const blame = blameText(build.layerfile, tallies, names);
  return blame === '' ? '- skipped' : `- skipped, as ${blame}`;
}

/** `db failed`: why a skipped Layerfile was not built; empty where nothing that it needs is to blame. */
export function blameText(layerfile: string, tallies: Tallies, names: BuildNames): string {
  const blocker = tallies.blockerOf(layerfile);
  if (blocker === null) return '';
  const outcome = tallies.get(blocker)?.outcome ?? 'pending';
  return `${names.of({ layerfile: blocker })} ${BLAMES[outcome] ?? 'is not done'}`;
}

const BLAMES: Readonly<Partial<Record<LayerfileTally['outcome'], string>>> = {
  failed: 'failed',
  cancelled: 'was cancelled',
  waiting: 'waits for a person',
};

/** `api, web and 12 more`: as many as fit into `room` columns, one at least. */
function nameList(names: readonly string[], room: number): string {
  let list = names[0] ?? '';
  for (const [index, name] of names.entries()) {
    if (index === 0) continue;
    const left = names.length - index - 1;
    const longer = `${list}, ${name}`;
    if (widthOf(longer) + (left === 0 ? 0 : ` and ${left} more`.length) > room) return `${list} and ${left + 1} more`;
    list = longer;
  }
  return list;
}
