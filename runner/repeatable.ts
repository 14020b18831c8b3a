import type { Snapshot, StepFields } from '../snapshots/index.ts';
import type { BuildContext } from './build-context.ts';
import { leaseSound } from './lease-sound.ts';
import { historyOf } from './plan.ts';
import type { Step } from './step.ts';

/** A snapshot that stays while it is used. */
export interface Leased extends Disposable {
  readonly snapshot: Snapshot;
}

/**
 * The machine that a RUN REPEATABLE goes on from instead of `parent`, the one above it: as its own last run left it, if
 * that was the same command after the same steps, so that only what it observed has changed since. Had anything above it
 * run again, its own last machine would lack what that did. Null where there is none: it then runs like RUN.
 */
export async function leaseLastRun(
  context: BuildContext,
  step: Step,
  parent: Snapshot,
  fields: StepFields,
): Promise<Leased | null> {
  if (step.instruction.kind !== 'RUN REPEATABLE') return null;
  const snapshot = context.store.lastRun(historyOf(context, step), parent.id, [fields]);
  const lease = snapshot === null ? null : await leaseSound(context, snapshot);
  return snapshot === null || lease === null ? null : { snapshot, [Symbol.dispose]: () => lease[Symbol.dispose]() };
}
