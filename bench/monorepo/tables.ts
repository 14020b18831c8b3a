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

/** Issue 6, acceptance: how long deciding may take where nothing changed, in milliseconds. */
const UNCHANGED_LIMITS_MS = new Map([
  [20, 300],
  [200, 1000],
]);
const OTHERS_TOLD_LIMIT_MS = 500;
const OF_BUILDKIT_LIMIT = 0.1;

/** Layer's figures with the limits that they should keep; those against BuildKit where that was measured. */
export function limitsTable(figures: Figures, repository: GeneratedMonorepo): string {
  const row = (what: string, figure: string, limit: string, kept: boolean): string[] => [
    what,
    figure,
    limit,
    kept ? 'kept' : 'MISSED',
  ];
  const rows: string[][] = [];
  const unchanged = figures.median('layer', 'nothing changed');
  const limit = UNCHANGED_LIMITS_MS.get(repository.units.length);
  if (limit !== undefined)
    rows.push(row('nothing changed: all decided', seconds(unchanged), seconds(limit), unchanged <= limit));
  const ratio = unchanged / figures.median('buildkit loop', 'nothing changed');
  if (!Number.isNaN(ratio))
    rows.push(row('nothing changed, of the BuildKit loop', ratio.toFixed(3), '0.1', ratio <= OF_BUILDKIT_LIMIT));
  const told = figures.othersTold('layer', 'leaf edited');
  rows.push(
    row('leaf edited: the others told', seconds(told), seconds(OTHERS_TOLD_LIMIT_MS), told <= OTHERS_TOLD_LIMIT_MS),
  );
  for (const situation of SITUATIONS) rows.push(ranRow(figures, repository, situation));
  return leftAligned([['limit', 'layer', 'at most', ''], ...rows]);
}

/** Exactly those that must run did, in every round. */
function ranRow(figures: Figures, repository: GeneratedMonorepo, situation: Situation): string[] {
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
