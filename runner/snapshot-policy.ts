import type { Step } from './step.ts';

/**
 * Whether a snapshot is taken after `step`: always, but for what stands between `CHECKPOINT disabled` (itself included)
 * and the next CHECKPOINT.
 */
export function isSaved(step: Step, steps: readonly Step[]): boolean {
  const before = steps.filter(({ number }) => number <= step.number);
  const last = before.findLast(({ instruction }) => instruction.kind === 'CHECKPOINT')?.instruction;
  return last?.kind !== 'CHECKPOINT' || last.action === 'take';
}
