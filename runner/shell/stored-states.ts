import type { Snapshot, StepFields } from '../../snapshots/index.ts';
import type { Base } from '../base-machine.ts';
import type { BuildContext } from '../build-context.ts';
import { identityIn } from '../lineage-state.ts';
import { historyOf, type Plan } from '../plan.ts';
import type { StepStates } from './choose-state.ts';

/** A Layerfile as it was planned, or the part of one that stands above or below a SPLIT. */
export interface PlannedPart {
  readonly context: BuildContext;
  readonly plan: Plan;
}

/** What is stored of the machine after each step of a part, of those that one of `bases` can run. */
export function storedStates({ context, plan }: PlannedPart, bases: readonly Base[]): readonly StepStates[] {
  const { store } = context;
  const usable = (snapshot: Snapshot | null): Snapshot | null =>
    snapshot !== null && baseOf(context, snapshot, bases) !== null ? snapshot : null;
  return plan.steps.map((step, index) => {
    const id = plan.hit?.lineage[index] ?? null;
    const history = historyOf(context, step);
    return {
      step,
      isRestored: index < plan.restoredSteps,
      restored: id === null ? null : store.get(id),
      last: usable(store.lastLeft(history)),
      failed: usable(store.failedState(history)),
    };
  });
}

/** What a snapshot's lineage began with; null where that is another machine than any of these. */
export function baseOf({ store }: BuildContext, { id }: Snapshot, bases: readonly Base[]): Base | null {
  const identity = identityIn(store.originPayloadOf(id));
  return identity === null ? null : (bases.find(({ fields }) => isSame(fields, identity)) ?? null);
}

function isSame(one: StepFields, other: StepFields): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}
