import { digestObservation } from '../../fs-tracer/index.ts';
import type { Snapshot, StepFields } from '../../snapshots/index.ts';
import type { Base } from '../base-machine.ts';
import type { BuildContext } from '../build-context.ts';
import { identityIn } from '../lineage-state.ts';
import { historyOf, type Plan } from '../plan.ts';
import type { Step } from '../step.ts';
import type { StepStates } from './choose-state.ts';

/** A Layerfile as it was planned, or the part of one that stands above or below a SPLIT. */
export interface PlannedPart {
  readonly context: BuildContext;
  readonly plan: Plan;
}

/**
 * What is stored of the machine after each step of a part, of those that one of `bases` can run. Of a commit only what was made of it: its
 * inputs do not change, so anything else that a step's last run left is another commit's.
 */
export function storedStates(part: PlannedPart, bases: readonly Base[]): readonly StepStates[] {
  const { context, plan } = part;
  const { store, revision } = context;
  const usable = (snapshot: Snapshot | null): Snapshot | null =>
    snapshot !== null && baseOf(context, snapshot, bases) !== null ? snapshot : null;
  return plan.steps.map((step, index) => {
    const id = plan.hit?.lineage[index] ?? null;
    const history = historyOf(context, step);
    return {
      step,
      isRestored: index < plan.restoredSteps,
      restored: id === null ? null : store.get(id),
      last: revision === undefined ? usable(store.lastLeft(history)) : null,
      failed: ofThisWorkspace(part, step, usable(store.failedState(history))),
    };
  });
}

/** A failed state is in no key: whether it is of this commit, its parent and what it observed say. */
function ofThisWorkspace({ context, plan }: PlannedPart, step: Step, failed: Snapshot | null): Snapshot | null {
  if (failed === null || context.revision === undefined) return failed;
  const { store, workspace } = context;
  const isSame = failed.label === step.instruction.text && failed.parent === (plan.hit?.snapshot.id ?? null);
  const holds = (): boolean =>
    store.observations(failed.id).every((seen) => digestObservation(workspace, seen) === seen.digest);
  return isSame && holds() ? failed : null;
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
