import { leftAligned } from '../left-aligned.ts';
import { type Figures, expected } from './figures.ts';
import type { GeneratedMonorepo } from './generated-monorepo.ts';
import { type Situation, SITUATIONS } from './tool.ts';

/** Medians of every tool, and each as a multiple of Layer's. */
export function figuresTable(figures: Figures, tools: readonly string[]): string {
  const rows = SITUATIONS.flatMap((situation) =>
    tools.map((tool) => {
      const built = figures.of(tool, situation);
      const median = figures.median(tool, situation);
      const range = built.map(({ durationMs }) => durationMs);
      const told = figures.othersTold(tool, situation);
      return [
        situation,
        tool,
        seconds(median),
        `${seconds(Math.min(...range))} to ${seconds(Math.max(...range))}`,
        (median / figures.median('layer', situation)).toFixed(2),
        [...new Set(built.map(({ ran }) => String(ran.length)))].join(', '),
        Number.isNaN(told) ? '' : seconds(told),
      ];
    }),
  );
  return leftAligned([['situation', 'tool', 'median', 'range', 'x layer', 'ran', 'others told'], ...rows]);
}

/** Issue 6, acceptance: in milliseconds, how long all may take where nothing changed, by how many Layerfiles there are. */
const UNCHANGED_LIMITS_MS = new Map([
  [20, 300],
  [200, 1000],
]);
/** And of 20 those that an edit does not concern. */
const OTHERS_TOLD_LIMITS_MS = new Map([[20, 500]]);
const OF_BUILDKIT_LIMIT = 0.1;

/** Layer's figures with the limits that they should keep; those against BuildKit where that was measured. */
export function limitsTable(figures: Figures, repository: GeneratedMonorepo): string {
  const count = repository.units.length;
  const unchanged = figures.median('layer', 'nothing changed');
  const ratio = unchanged / figures.median('buildkit loop', 'nothing changed');
  const rows = [
    timeRow('nothing changed: all decided', unchanged, UNCHANGED_LIMITS_MS.get(count)),
    timeRow(
      'leaf edited: the others told',
      figures.othersTold('layer', 'leaf edited'),
      OTHERS_TOLD_LIMITS_MS.get(count),
    ),
    Number.isNaN(ratio)
      ? []
      : row(
          'nothing changed, of the BuildKit loop',
          ratio.toFixed(3),
          String(OF_BUILDKIT_LIMIT),
          ratio <= OF_BUILDKIT_LIMIT,
        ),
    ...SITUATIONS.map((situation) => ranRow(figures, repository, situation)),
  ];
  return leftAligned([['limit', 'layer', 'at most', ''], ...rows.filter((cells) => cells.length > 0)]);
}

function row(what: string, figure: string, limit: string, isKept: boolean): readonly string[] {
  return [what, figure, limit, isKept ? 'kept' : 'MISSED'];
}

/** None where there is no limit. */
function timeRow(what: string, figureMs: number, limitMs: number | undefined): readonly string[] {
  return limitMs === undefined ? [] : row(what, seconds(figureMs), seconds(limitMs), figureMs <= limitMs);
}

/** Exactly those that must run did, in every round. */
function ranRow(figures: Figures, repository: GeneratedMonorepo, situation: Situation): readonly string[] {
  const wanted = expected(repository, situation);
  const exact = figures
    .of('layer', situation)
    .every(({ ran }) => ran.length === wanted.length && wanted.every((unit) => ran.includes(unit)));
  const count = Math.max(...figures.of('layer', situation).map(({ ran }) => ran.length));
  return [`${situation}: Layerfiles run`, String(count), String(wanted.length), exact ? 'kept' : 'MISSED'];
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(3)} s`;
}
