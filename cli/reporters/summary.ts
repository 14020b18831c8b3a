import type { BuildResult } from '../../runner/index.ts';
import { formatDuration } from '../../util/duration.ts';
import { counted } from '../../util/counted.ts';
import { OutcomeCounts } from './outcome-counts.ts';
import type { Tallies } from './tallies.ts';

/**
 * `3 restored, 2 ran in 8.1 s (restoring saved 3 m 12 s)`. A build that did not succeed, though no step of it says so, has
 * its own outcome in front: `cancelled: 3 restored in 0.42 s`.
 */
export function summaryText(steps: OutcomeCounts, result: BuildResult): string {
  return `${outcomeText(steps, result)}${steps.text === '' ? 'no steps' : steps.text}${timesText(steps, result)}`;
}

/**
 * Of several Layerfiles: `20 Layerfiles, 96 steps restored in 0.2 s` where all of them ended alike, else a line for them and
 * one for their steps.
 */
export function summaryOfAll(tallies: Tallies, result: BuildResult): readonly string[] {
  const { steps } = tallies;
  if (tallies.all.length === 1) return [summaryText(steps, result)];
  const before = `${outcomeText(steps, result)}${counted(tallies.all.length, 'Layerfile')}`;
  const times = timesText(steps, result);
  const total = counted(steps.total, 'step');
  if (steps.areAlike) return [`${before}, ${total} ${steps.word}${times}`];
  const layerfiles = new OutcomeCounts();
  for (const { outcome } of tallies.all) layerfiles.add(outcome);
  return [`${before}: ${layerfiles.text}`, `${total}: ${steps.text}${times}`];
}

function outcomeText(steps: OutcomeCounts, { outcome }: BuildResult): string {
  return outcome === 'succeeded' || steps.of(outcome) > 0 ? '' : `${outcome}: `;
}

function timesText(steps: OutcomeCounts, { durationMs, savedMs }: BuildResult): string {
  const verb = steps.of('would-run') > 0 ? 'saves' : 'saved';
  // Less than what a person notices is not worth telling.
  const saved = savedMs < 100 ? '' : ` (restoring ${verb} ${formatDuration(savedMs)})`;
  return ` in ${formatDuration(durationMs)}${saved}`;
}
