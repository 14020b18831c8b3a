import type { StepOutcome } from '../../runner/index.ts';
import type { LayerfileRecord, PartRecord, StepRecord } from './run-record.ts';

/** From what a person wants to know first to what can be left unsaid. */
const OUTCOMES = ['failed', 'cancelled', 'ran', 'would-run', 'skipped', 'restored'] as const;

export interface OutcomeCount {
  readonly outcome: StepOutcome;
  readonly count: number;
}

export function stepsOf({ parts }: { readonly parts: readonly PartRecord[] }): readonly StepRecord[] {
  return parts.flatMap(({ steps }) => steps);
}

/** How many of `steps` ended how; without those that are none. */
export function outcomeCounts(steps: readonly StepRecord[]): readonly OutcomeCount[] {
  return OUTCOMES.map((outcome) => ({
    outcome,
    count: steps.filter(({ ended }) => ended.outcome === outcome).length,
  })).filter(({ count }) => count > 0);
}

/** `1 failed, 4 restored`. */
export function countsText(counts: readonly OutcomeCount[]): string {
  return counts.length === 0 ? 'no steps' : counts.map(({ outcome, count }) => `${count} ${outcome}`).join(', ');
}

/** How a Layerfile ended as a whole: as the step that matters most did. */
export function outcomeOf(layerfile: LayerfileRecord): StepOutcome {
  return outcomeCounts(stepsOf(layerfile))[0]?.outcome ?? 'skipped';
}
