import type { EndedTrace, TracedObservation } from '../../runner/index.ts';
import { formatDuration } from '../duration.ts';
import { printableLine } from '../printable-text.ts';
import type { Palette } from '../reporters/palette.ts';
import { truncateEnd, truncateMiddle } from '../text-width.ts';
import { commandText } from './command-text.ts';
import { foldPaths } from './fold-paths.ts';
import { exactPath } from './path-text.ts';

export interface SummaryStyle {
  readonly palette: Palette;
  readonly columns: number;
}

type Kind = TracedObservation['kind'];

/** In the order of the summary, with what each means. */
const KINDS: readonly (readonly [Kind, string])[] = [
  ['content', 'read'],
  ['stat', 'size and exec bit looked at'],
  ['listing', 'names in it looked at'],
  ['link', 'followed'],
  ['exists', 'found, and no more'],
  ['absent', 'looked for and not there'],
];

const ROWS_OF_A_KIND = 10;

/** What a command observed, for people: grouped by kind, long lists folded by their folders. */
export function summaryText(words: readonly string[], trace: EndedTrace, style: SummaryStyle): string {
  const [ignored, others] = [true, false].map((wanted) => trace.observations.filter((one) => one.ignored === wanted));
  return [
    '',
    ...headline(words, trace, style),
    ...groups(others ?? [], style),
    ...(ignored?.length === 0 ? [] : [IGNORED, ...groups(ignored ?? [], style)]),
    '',
  ].join('\n');
}

const IGNORED = 'Ignored by git or .layerignore, or of git itself: no run would see it:';

function headline(words: readonly string[], trace: EndedTrace, { palette, columns }: SummaryStyle): readonly string[] {
  const { exitCode, signal, durationMs, observations, root } = trace;
  const how = signal === null ? `exit code ${exitCode ?? '?'}` : `ended by ${signal}`;
  const end = `: ${how} after ${formatDuration(durationMs)}`;
  const command = truncateEnd(commandText(words), columns - end.length);
  const count = new Set(observations.map(({ path }) => path)).size;
  const what = count === 0 ? 'nothing' : `${count} path${count === 1 ? '' : 's'}`;
  return [
    `${palette.bold(command)}${end}`,
    truncateMiddle(`Observed ${what} in ${printableLine(root)}${count === 0 ? '' : ':'}`, columns),
  ];
}

function groups(observations: readonly TracedObservation[], style: SummaryStyle): readonly string[] {
  return KINDS.flatMap(([kind, meaning]) => {
    const paths = observations.filter((one) => one.kind === kind).map(({ path }) => path);
    return paths.length === 0 ? [] : [heading(kind, meaning, paths.length, style), ...rows(paths, style)];
  });
}

function heading(kind: Kind, meaning: string, count: number, { palette }: SummaryStyle): string {
  return `  ${palette.bold(kind)} ${count} ${palette.dim(`(${meaning})`)}`;
}

function rows(paths: readonly string[], { palette, columns }: SummaryStyle): readonly string[] {
  const folded = foldPaths(paths, ROWS_OF_A_KIND);
  const lines = folded.rows.map(({ path, count }) => {
    const number = count === 1 ? '' : `  ${count} paths`;
    return `    ${truncateMiddle(exactPath(path), columns - 4 - number.length)}${palette.dim(number)}`;
  });
  return folded.left === 0 ? lines : [...lines, `    ${palette.dim(`and ${folded.left} more (--format paths)`)}`];
}
