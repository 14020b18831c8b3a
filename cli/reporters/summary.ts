import type { BuildResult, StepOutcome } from '../../runner/index.ts';
import { formatDuration } from '../duration.ts';

/** In the order of the summary, with how it names them. */
const WORDS: readonly (readonly [StepOutcome, string])[] = [
  ['restored', 'restored'],
  ['ran', 'ran'],
  ['would-run', 'would run'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['skipped', 'skipped'],
];

/**
 * `3 restored, 2 ran in 8.1 s (restoring saved 3 m 12 s)`. A build that did not succeed, though no step of it says so, has
 * its own outcome in front: `cancelled: 3 restored in 0.42 s`.
 */
export function summaryText(outcomes: readonly StepOutcome[], { outcome, durationMs, savedMs }: BuildResult): string {
  const counts = WORDS.map(([name, word]) => ({ word, count: outcomes.filter((other) => other === name).length }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count} ${word}`);
  const isTold = outcome === 'succeeded' || outcomes.includes(outcome);
  const what = `${isTold ? '' : `${outcome}: `}${counts.length === 0 ? 'no steps' : counts.join(', ')}`;
  const verb = outcomes.includes('would-run') ? 'saves' : 'saved';
  // Less than what a person notices is not worth telling.
  const saved = savedMs < 100 ? '' : ` (restoring ${verb} ${formatDuration(savedMs)})`;
  return `${what} in ${formatDuration(durationMs)}${saved}`;
}
