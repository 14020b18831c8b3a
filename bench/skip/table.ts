import { leftAligned } from '../left-aligned.ts';
import { type Figures, type Situation, SITUATIONS } from './figures.ts';

/** From which size on a repository is measured against the limits for a large one. */
const LARGE_FILES = 10_000;

/** Medians of every tool, and each as a multiple of Layer's. */
export function figuresTable(figures: Figures, tools: readonly string[]): string {
  const rows = SITUATIONS.flatMap((situation) =>
    tools.map((tool) => {
      const median = figures.median(tool, situation) ?? NaN;
      const ratio = median / (figures.median('layer', situation) ?? NaN);
      const [fastest, slowest] = figures.range(tool, situation);
      const steps = figures.stepsRun(tool, situation);
      return [situation, tool, seconds(median), `${seconds(fastest)} to ${seconds(slowest)}`, ratio.toFixed(2), steps];
    }),
  );
  return leftAligned([['situation', 'tool', 'median', 'range', 'x layer', 'steps run'], ...rows]);
}

interface Limit {
  readonly layer: Situation;
  readonly buildkit: Situation;
  readonly atMost: number;
}

/** Issue 2, acceptance. */
const LARGE_LIMITS: readonly Limit[] = [
  { layer: 'nothing changed', buildkit: 'nothing changed', atMost: 0.25 },
  { layer: 'unread file edited', buildkit: 'nothing changed', atMost: 0.25 },
  { layer: 'unread file edited', buildkit: 'unread file edited', atMost: 0.05 },
];
const SMALL_LIMITS: readonly Limit[] = [{ layer: 'nothing changed', buildkit: 'nothing changed', atMost: 1.5 }];

/** Layer's medians against BuildKit's, with the limits they should keep. '' where BuildKit was not measured. */
export function limitsTable(figures: Figures, files: number): string {
  const rows = (files >= LARGE_FILES ? LARGE_LIMITS : SMALL_LIMITS).flatMap(({ layer, buildkit, atMost }) => {
    const theirs = figures.median('buildkit', buildkit);
    if (theirs === undefined) return [];
    const ratio = (figures.median('layer', layer) ?? NaN) / theirs;
    return [
      [`layer, ${layer}`, `buildkit, ${buildkit}`, ratio.toFixed(3), `${atMost}`, ratio <= atMost ? 'kept' : 'MISSED'],
    ];
  });
  return rows.length === 0 ? '' : leftAligned([['median of', 'by median of', 'ratio', 'at most', ''], ...rows]);
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(3)} s`;
}
