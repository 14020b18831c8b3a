import { reportSkip } from './cut-at-skip.ts';
import { endedByNeeds, parentEnd, restoredEnd } from './decide-part.ts';
import type { OpenPart } from './open-part.ts';
import { type Plan, planAfter, planSteps } from './plan.ts';
import type { Explanation } from './plan-details.ts';
import type { OpenRun, PartOutcome } from './open-run.ts';
import { isFromLayerfile } from './step.ts';

/** Says of each step of a part whether it would be restored, and why not. A part that would run has no end to go on from. */
export async function planPart(open: OpenPart, run: OpenRun): Promise<PartOutcome> {
  const { part, cut, context, report } = open;
  const ended = endedByNeeds(open, run);
  if (ended !== null) return ended;
  const parent = parentEnd(part, run);
  const isUnknown = part.from !== null && parent === null;
  const plan = isUnknown
    ? planAfter(part.from.layerfile.path, context, cut.steps)
    : await planSteps(context, cut.steps, run.options, parent, run.looks.for(context));
  await run.options.whenPlanned?.(context, plan, part.layerfile);
  await reportPlan(open, plan, run.options.explain);
  reportSkip(report, cut);
  return { kind: 'done', end: restoredEnd(plan, context), cut: cut.skip !== null };
}

async function reportPlan({ context, report }: OpenPart, plan: Plan, explain: Explanation | undefined): Promise<void> {
  const details = explain === undefined ? null : await import('./plan-details.ts');
  for (const [index, step] of plan.steps.entries()) {
    const id = plan.hit?.lineage[index] ?? null;
    const more = explain === undefined ? {} : details?.detailsOf(context, plan, step, explain);
    if (index < plan.restoredSteps && isFromLayerfile(step)) report.givenBy(step, plan.ground?.parent ?? null);
    else if (index < plan.restoredSteps) report.restored(step, id, id === null ? null : context.store.get(id), more);
    else report.wouldRun(step, plan.misses[index - plan.restoredSteps] ?? { reason: 'new' }, more);
  }
}
