import type { TracedObservation } from '../../runner/index.ts';
import type { Palette } from '../reporters/palette.ts';
import { truncateMiddle } from '../text-width.ts';
import { foldPaths } from './fold-paths.ts';
import { exactPath } from './path-text.ts';

export interface GroupStyle {
  readonly palette: Palette;
  readonly columns: number;
}

type Kind = TracedObservation['kind'];

/** In the order of the groups, with what each means. */
const KINDS: readonly (readonly [Kind, string])[] = [
  ['content', 'read'],
  ['stat', 'size and exec bit looked at'],
  ['listing', 'names in it looked at'],
  ['link', 'followed'],
  ['exists', 'found, and no more'],
  ['absent', 'looked for and not there'],
];

const ROWS_OF_A_KIND = 10;

/** Lines that list observations (paths are latin1) by their kind, long lists folded; `whole` says what prints all of them. */
export function observationGroups(
  observations: readonly { readonly kind: Kind; readonly path: string }[],
  whole: string,
  style: GroupStyle,
): readonly string[] {
  return KINDS.flatMap(([kind, meaning]) => {
    const paths = observations.filter((one) => one.kind === kind).map(({ path }) => path);
    return paths.length === 0 ? [] : [heading(kind, meaning, paths.length, style), ...rows(paths, whole, style)];
  });
}

function heading(kind: Kind, meaning: string, count: number, { palette }: GroupStyle): string {
  return `  ${palette.bold(kind)} ${count} ${palette.dim(`(${meaning})`)}`;
}

function rows(paths: readonly string[], whole: string, { palette, columns }: GroupStyle): readonly string[] {
  const folded = foldPaths(paths, ROWS_OF_A_KIND);
  const lines = folded.rows.map(({ path, count }) => {
    const number = count === 1 ? '' : `  ${count} paths`;
    return `    ${truncateMiddle(exactPath(path), columns - 4 - number.length)}${palette.dim(number)}`;
  });
  return folded.left === 0 ? lines : [...lines, `    ${palette.dim(`and ${folded.left} more (${whole})`)}`];
}
