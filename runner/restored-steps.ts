import type { BuildContext } from './build-context.ts';
import type { Plan } from './plan.ts';
import type { StepReport } from './step-report.ts';
import { isFromLayerfile } from './step.ts';

/** Ends the steps that `plan` restores. */
export function reportRestored(
  { steps, hit, restoredSteps, ground }: Plan,
  context: BuildContext,
  report: StepReport,
): void {
  for (const [index, step] of steps.slice(0, restoredSteps).entries()) {
    const id = hit?.lineage[index] ?? null;
    if (isFromLayerfile(step)) report.givenBy(step, ground?.parent ?? null);
    else report.restored(step, id, id === null ? null : context.store.get(id));
  }
}

/** Where every step is restored: ends them all, and notes that their snapshot was of use. False where something is to run. */
export function endedByRestoring(plan: Plan, context: BuildContext, report: StepReport): boolean {
  if (plan.restoredSteps < plan.steps.length || plan.hit === null) return false;
  reportRestored(plan, context, report);
  context.store.touch([plan.hit.snapshot.id]);
  return true;
}
