import type { BuildContext } from './build-context.ts';
import { reportSkip } from './cut-at-skip.ts';
import { isExposure } from './expose/exposure.ts';
import type { Part } from './graph/part.ts';
import type { OpenPart } from './open-part.ts';
import { type PartEnd, type Plan, planSteps } from './plan.ts';
import type { OpenRun, PartOutcome } from './open-run.ts';
import { endedByRestoring } from './restored-steps.ts';

/** Ends a part of which nothing is to run; null where something is, or where it depends on a part that is not decided. */
export async function decidePart(open: OpenPart, run: OpenRun): Promise<PartOutcome | null> {
  const { part, cut, context, report } = open;
  if (part.needs.some((need) => !run.outcomes.has(need))) return null;
  const ended = endedByNeeds(open, run);
  if (ended !== null) return ended;
  const plan = await planSteps(context, cut.steps, run.options, parentEnd(part, run), run.looks.for(context));
  const keeps = run.options.up === true && cut.steps.some(isExposure);
  if (keeps || !endedByRestoring(plan, context, report)) {
    run.plans.set(part, plan);
    return null;
  }
  reportSkip(report, cut);
  return { kind: 'done', end: restoredEnd(plan, context), cut: cut.skip !== null };
}

/** What a part comes to that wholly follows from how those ended that it needs. */
export function endedByNeeds({ part, report }: OpenPart, { outcomes }: OpenRun): PartOutcome | null {
  const needed = part.needs.map((need) => outcomes.get(need));
  if (needed.some((outcome) => outcome?.kind === 'failed')) {
    report.endRest('failed', 'skipped');
    return { kind: 'failed' };
  }
  if (needed.some((outcome) => outcome?.kind === 'waiting')) {
    report.skipsAll('waiting');
    return { kind: 'waiting' };
  }
  const from = part.from === null ? undefined : outcomes.get(part.from);
  if (part.copy === null || from?.kind !== 'done' || !from.cut) return null;
  report.skipsAll('skipped');
  return from;
}

/** Where the part's machine comes from; null where it boots one. */
export function parentEnd({ from }: Part, { outcomes }: OpenRun): PartEnd | null {
  const outcome = from === null ? undefined : outcomes.get(from);
  return outcome?.kind === 'done' ? outcome.end : null;
}

/** What others can go on from where all of a part is restored; null where something of it would run. */
export function restoredEnd({ ground, hit, restoredSteps, steps }: Plan, { layerfile }: BuildContext): PartEnd | null {
  if (ground === null || hit === null || restoredSteps < steps.length) return null;
  return { base: ground.base, snapshot: hit.snapshot.id, ran: false, layerfile };
}
