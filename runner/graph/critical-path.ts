import type { OpenPart } from '../open-part.ts';
import { historyOf } from '../plan.ts';
import type { Part } from './part.ts';

/** Of a step that has never run. */
const UNKNOWN_MS = 1000;

/**
 * For each part the longest way from its start to the end of all: its own steps, then those of the part below that takes
 * longest, by what each took when it last ran (milliseconds). `parts`: each after those that it needs.
 */
export function criticalPaths(parts: readonly OpenPart[]): ReadonlyMap<Part, number> {
  const below = new Map<Part, number>();
  const paths = new Map<Part, number>();
  for (const open of [...parts].reverse()) {
    const path = durationOf(open) + (below.get(open.part) ?? 0);
    paths.set(open.part, path);
    for (const need of open.part.needs) below.set(need, Math.max(below.get(need) ?? 0, path));
  }
  return paths;
}

function durationOf({ context, cut }: OpenPart): number {
  return cut.steps.reduce(
    (sum, step) => sum + (context.store.lastDurationMs(historyOf(context, step)) ?? UNKNOWN_MS),
    0,
  );
}
