import type { Step } from './step.ts';

/**
 * Why a snapshot is taken after a step, or why none is:
 * - `step`: its work is worth more than the snapshot; `last`: the last of these, so that a run that restores it needs no machine; `checkpoint`: asked for;
 * - `parent`: other machines go on from it;
 * - `nothing-done`: the machine is as it was before it; `disabled`: CHECKPOINT disabled stands above.
 */
export type SnapshotReason = 'step' | 'last' | 'parent' | 'checkpoint' | 'nothing-done' | 'disabled';

/** They are read before the build begins. */
const WITHOUT_WORK = new Set<Step['instruction']['kind']>(['LABEL', 'MEMORY', 'WAIT']);

/** The steps of one machine, and whether others go on from its end: that one is saved whatever CHECKPOINT says. */
export interface SavedSteps {
  readonly steps: readonly Step[];
  readonly isParent: boolean;
}

/**
 * Where snapshots are taken follows from the Layerfile alone (ARCHITECTURE.md, "When a snapshot is taken", has the
 * figures): it is known before a step runs, so that two runs agree on it.
 */
export function snapshotReason(step: Step, { steps, isParent }: SavedSteps): SnapshotReason {
  const isLast = step === steps.findLast((each) => doesWork(each));
  if (isParent && isLast) return 'parent';
  const before = steps.filter(({ number }) => number <= step.number);
  const last = before.findLast(({ instruction }) => instruction.kind === 'CHECKPOINT')?.instruction;
  if (last?.kind === 'CHECKPOINT' && last.action !== 'take') return 'disabled';
  if (step.instruction.kind === 'CHECKPOINT') return 'checkpoint';
  if (!doesWork(step)) return 'nothing-done';
  return isLast ? 'last' : 'step';
}

/** Whether the machine is another one after it. */
export function doesWork({ instruction }: Step): boolean {
  return !WITHOUT_WORK.has(instruction.kind);
}

/** Whether a snapshot is taken after `step`. */
export function isSaved(step: Step, saved: SavedSteps): boolean {
  return isTaken(snapshotReason(step, saved));
}

export function isTaken(reason: SnapshotReason): boolean {
  return reason !== 'nothing-done' && reason !== 'disabled';
}
