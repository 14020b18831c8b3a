import { digestObservation, type LookMemory, toReadablePath } from '../fs-tracer/index.ts';
import type { FromInstruction } from '../grammar/index.ts';
import type { CacheHit, HistoryKey, LookupResult, MissReason, StepFields } from '../snapshots/index.ts';
import { type Base, findBase } from './base-machine.ts';
import type { BuildContext } from './build-context.ts';
import type { Miss } from './build-event.ts';
import { withMachineChange } from './machine-change.ts';
import { isSaved } from './snapshot-policy.ts';
import { type Step, stepFields } from './step.ts';

/** Which steps are not restored though their snapshots hold. */
export interface Forcing {
  /** Every step but FROM. */
  readonly noCache: boolean;
  /** Step numbers, or beginnings of instructions, as the user typed them. */
  readonly force: readonly string[];
}

/** What a run will do: restore `hit`, then run the steps after it. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Null where the image has to be built, or KVM tried, first. */
  readonly base: Base | null;
  readonly hit: CacheHit | null;
  readonly restoredSteps: number;
  /** One for each step after the restored ones. */
  readonly misses: readonly Miss[];
  /** See `LookupResult` in snapshots/. */
  readonly differing: LookupResult['differing'];
  readonly newestSeq: number;
}

/** The fields of every step's key, FROM's included. */
export function fieldsOf(steps: readonly Step[], base: Base, context: BuildContext): readonly StepFields[] {
  const { layerfile, values } = context;
  return steps.map((step) => (step.number === 1 ? base.fields : stepFields(step, layerfile, values.keyFields(step))));
}

/** Looks up how far the snapshots hold. Starts nothing; reads only what was observed before. */
export async function planSteps(context: BuildContext, steps: readonly Step[], forcing: Forcing): Promise<Plan> {
  const base = await findBase(context, fromOf(steps), memoryOf(steps));
  if (base === null) return nothingKnown(steps);
  const memory = context.memory?.isFresh() === true ? context.memory : undefined;
  const plan = planOnBase(context, steps, base, forcing, memory);
  memory?.save();
  return plan;
}

function nothingKnown(steps: readonly Step[]): Plan {
  const misses = steps.map(() => ({ reason: 'new' }) as const);
  return { steps, base: null, hit: null, restoredSteps: 0, misses, differing: new Map(), newestSeq: 0 };
}

/** `memory`: what was looked at just now. A later look-up must look again. */
export function planOnBase(
  context: BuildContext,
  steps: readonly Step[],
  base: Base,
  forcing: Forcing,
  memory?: LookMemory,
): Plan {
  const fields = fieldsOf(steps, base, context);
  const { hit, misses, differing, newestSeq } = context.store.findDeepest({
    steps: steps.map((step, index) => ({
      fields: fields[index] ?? {},
      label: step.instruction.text,
      history: historyOf(context, step),
      forced: isForced(step, forcing),
    })),
    digest: (observed) => digestObservation(context.workspace, observed),
    memory,
  });
  const restoredSteps = hit?.restoredSteps ?? 0;
  const histories = steps.map((step) => historyOf(context, step));
  const explained = withMachineChange(context.store, histories, base.fields, alongSpan(steps, restoredSteps, misses));
  return { steps, base, hit, differing, newestSeq, restoredSteps, misses: explained.map(readableMiss) };
}

export function historyOf(context: BuildContext, step: Step): HistoryKey {
  return { workspace: context.workspaceRoot, layerfile: context.layerfile, step: String(step.number) };
}

export function fromOf(steps: readonly Step[]): FromInstruction {
  const first = steps[0]?.instruction;
  if (first?.kind !== 'FROM') throw new Error('Internal error: a Layerfile without FROM was accepted');
  return first;
}

export function memoryOf(steps: readonly Step[]): number | undefined {
  return steps
    .map(({ instruction }) => (instruction.kind === 'MEMORY' ? instruction.megabytes : 0))
    .find((mib) => mib > 0);
}

export function isForced(step: Step, { noCache, force }: Forcing): boolean {
  if (step.number === 1) return false;
  return noCache || force.some((wanted) => wanted === String(step.number) || matchesText(step, wanted));
}

function matchesText(step: Step, wanted: string): boolean {
  return !/^\d+$/.test(wanted) && step.instruction.text.startsWith(wanted);
}

/** Steps up to the next snapshot have one key, so what made it fail is the reason of all of them. */
function alongSpan(steps: readonly Step[], restored: number, misses: readonly MissReason[]): readonly MissReason[] {
  const [first, ...others] = misses;
  if (first === undefined || (first.reason !== 'changed' && first.reason !== 'unpublishable')) return misses;
  const end = steps.slice(restored).findIndex((step) => isSaved(step, steps));
  return [first, ...others.map((miss, index) => (index < end && miss.reason !== 'forced' ? first : miss))];
}

/** Paths are bytes inside; events are for people and programs that read UTF-8. */
function readableMiss(miss: Miss): Miss {
  if (miss.reason === 'changed')
    return { ...miss, path: toReadablePath(miss.path), was: toReadablePath(miss.was), now: toReadablePath(miss.now) };
  return miss;
}
