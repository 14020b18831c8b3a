import { countKinds, type ReadSet, toReadablePath } from '../fs-tracer/index.ts';
import type { BuildContext } from './build-context.ts';
import type { PlannedSnapshot, StepEnded, ToldObservation } from './build-event.ts';
import { historyOf, type Plan, savedSteps } from './plan.ts';
import { snapshotCostMs } from './snapshot-costs.ts';
import { isSaved, snapshotReason } from './snapshot-policy.ts';
import type { Step } from './step.ts';

/** `briefly`: counts and sizes. `fully`: every observation as well. */
export type Explanation = 'briefly' | 'fully';

export type StepDetails = Pick<StepEnded, 'observed' | 'observations' | 'snapshotBytes' | 'planned'>;

/** What a plan can say of a step besides its outcome. */
export function detailsOf(context: BuildContext, plan: Plan, step: Step, explanation: Explanation): StepDetails {
  const id = plan.hit?.lineage[plan.steps.indexOf(step)] ?? null;
  const snapshot = id === null ? null : context.store.get(id);
  const observed = id === null ? null : context.store.observations(id);
  return {
    observed: observed === null ? null : countKinds(observed),
    ...(observed === null || explanation === 'briefly' ? {} : { observations: told(observed) }),
    snapshotBytes: snapshot?.sizeBytes ?? null,
    planned: plannedSnapshot(context, plan, step, snapshot?.durationMs ?? null),
  };
}

function plannedSnapshot(context: BuildContext, plan: Plan, step: Step, durationMs: number | null): PlannedSnapshot {
  const saved = savedSteps(context, plan.steps);
  const taken = isSaved(step, saved);
  const why = snapshotReason(step, saved);
  if (!taken) return { taken, why, costsMs: null, savesMs: null };
  const costsMs = plan.ground === null ? null : snapshotCostMs(context.home, plan.ground.base.config);
  const savesMs = durationMs ?? context.store.lastDurationMs(historyOf(context, step));
  return { taken, why, costsMs, savesMs: savesMs === null ? null : Math.round(savesMs) };
}

function told(observed: ReadSet): readonly ToldObservation[] {
  return observed.map(({ path, kind, digest }) => ({
    path: toReadablePath(path),
    kind,
    digest: toReadablePath(digest),
  }));
}
