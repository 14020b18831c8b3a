import { digestObservation, type LookMemory, toReadablePath } from '../fs-tracer/index.ts';
import type { FromInstruction } from '../grammar/index.ts';
import type { CacheHit, HistoryKey, LookupResult, MissReason, SnapshotId, StepFields } from '../snapshots/index.ts';
import { noteUnrepeatable } from '../util/grounds.ts';
import { LayerError } from '../util/layer-error.ts';
import { type Base, findBase } from './base-machine.ts';
import type { BuildContext } from './build-context.ts';
import type { Miss } from './build-event.ts';
import { nobodyToAsk } from './nobody-to-ask.ts';
import { memoryOf } from './machine-memory.ts';
import { withMachineChange } from './machine-change.ts';
import { doesWork, isSaved, type SavedSteps } from './snapshot-policy.ts';
import { isFromLayerfile, type Step, stepFields } from './step.ts';

/** Which steps are not restored though their snapshots hold. */
export interface Forcing {
  /** Every step but FROM. */
  readonly noCache: boolean;
  /** Step numbers, or beginnings of instructions, as the user typed them. */
  readonly force: readonly string[];
}

/** The machine that a part ended with, where others can go on from it. */
export interface PartEnd {
  readonly base: Base;
  readonly snapshot: SnapshotId;
  /** Whether any step of it ran, so that this is another machine than the last time. */
  readonly ran: boolean;
  /** Path of its Layerfile. */
  readonly layerfile: string;
}

/** What a part's machine stands on: a booted image, or (`parent`) the end of another part. */
export interface Ground {
  readonly base: Base;
  readonly parent: PartEnd | null;
}

/** What a run will do: restore `hit`, then run the steps after it. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Null where the image has to be built, or KVM tried, first; or where it is not known how the parent will end. */
  readonly ground: Ground | null;
  readonly hit: CacheHit | null;
  readonly restoredSteps: number;
  /** One for each step after the restored ones. */
  readonly misses: readonly Miss[];
  /** See `LookupResult` in snapshots/. */
  readonly differing: LookupResult['differing'];
  readonly newestSeq: number;
}

/** The fields of every step's key, FROM's included (those of FROM another Layerfile are in no key). */
export function fieldsOf(steps: readonly Step[], base: Base, context: BuildContext): readonly StepFields[] {
  const { layerfile, values, copy } = context;
  return steps.map((step, index) => {
    if (step.instruction.kind === 'FROM') return isFromLayerfile(step) ? {} : base.fields;
    const fields = stepFields(step, layerfile, values.keyFields(step));
    return copy !== undefined && index === 0 ? { ...fields, copy: String(copy.index) } : fields;
  });
}

/** Looks up how far the snapshots hold. Starts nothing; reads only what was observed before. `memory`: as of {@link planOn}. */
export async function planSteps(
  context: BuildContext,
  steps: readonly Step[],
  forcing: Forcing,
  parent: PartEnd | null,
  memory?: LookMemory,
): Promise<Plan> {
  const base = parent?.base ?? (await findBase(context, fromOf(steps), memoryOf(steps)));
  if (base === null) return nothingKnown(steps);
  return planOn({ base, parent }, context, steps, forcing, memory);
}

function nothingKnown(steps: readonly Step[]): Plan {
  const misses = steps.map(() => ({ reason: 'new' }) as const);
  return { steps, ground: null, hit: null, restoredSteps: 0, misses, differing: new Map(), newestSeq: 0 };
}

/** Of a part whose parent is about to run: nothing of it holds, because its machine will be another one. */
export function planAfter(parentLayerfile: string, context: BuildContext, steps: readonly Step[]): Plan {
  const misses = steps.map((step, index): Miss => {
    if (context.store.lastDurationMs(historyOf(context, step)) === null && !isFromLayerfile(step))
      return { reason: 'new' };
    return index === 0 ? { reason: 'instruction', parent: parentLayerfile } : { reason: 'instruction' };
  });
  return { ...nothingKnown(steps), misses };
}

/** `memory`: what was looked at just now. A later look-up must look again. */
export function planOn(
  { base, parent }: Ground,
  context: BuildContext,
  steps: readonly Step[],
  forcing: Forcing,
  memory?: LookMemory,
): Plan {
  const fields = fieldsOf(steps, base, context);
  const histories = steps.map((step) => historyOf(context, step));
  // FROM another Layerfile is done by having its machine.
  const given = steps[0] !== undefined && isFromLayerfile(steps[0]) ? 1 : 0;
  const { hit, misses, differing, newestSeq } = context.store.findDeepest({
    from: parent?.snapshot ?? null,
    steps: steps.slice(given).map((step, index) => ({
      fields: fields[index + given] ?? {},
      label: step.instruction.text,
      history: historyOf(context, step),
      forced: isForced(step, forcing),
    })),
    digest: (observed) => {
      noteUnrepeatable('the workspace itself is asked');
      return digestObservation(context.workspace, observed);
    },
    memory,
  });
  const reached = parent === null ? hit : belowParent(context, parent, given, hit);
  const restoredSteps = reached === null ? 0 : withRest(context, steps, reached.restoredSteps);
  const spanned = alongSpan(savedSteps(context, steps), restoredSteps, misses);
  const explained = withMachineChange(context.store, histories, base.fields, spanned);
  const told = explained.map((miss, index) => (index === 0 ? withParent(miss, parent) : miss)).map(readableMiss);
  const notRestored = told.slice(0, steps.length - restoredSteps);
  return { steps, ground: { base, parent }, hit: reached, differing, newestSeq, restoredSteps, misses: notRestored };
}

/**
 * Where what is left does nothing in the machine, all of it or until a BUTTON that nobody is there to press, it is restored with
 * what is above it.
 */
function withRest(context: BuildContext, steps: readonly Step[], restored: number): number {
  const next = steps.findIndex((step, index) => index >= restored && doesWork(step));
  const step = steps[next];
  if (step === undefined) return steps.length;
  return nobodyToAsk(context, step) === null ? restored : next;
}

/** What was found below the end of another part; where that is nothing, that end itself. */
function belowParent(
  { store, layerfile }: BuildContext,
  parent: PartEnd,
  given: number,
  hit: CacheHit | null,
): CacheHit {
  const above = given === 0 ? [] : [parent.snapshot];
  if (hit !== null) return { ...hit, restoredSteps: hit.restoredSteps + given, lineage: [...above, ...hit.lineage] };
  const snapshot = store.get(parent.snapshot);
  if (snapshot !== null) return { snapshot, restoredSteps: given, lineage: above };
  throw new LayerError('SNAPSHOT_DAMAGED', `${layerfile} cannot go on from ${parent.layerfile}: its machine is gone`, {
    hint: 'Run it again: what is gone is built anew.',
  });
}

/** A machine above that ran anew is why nothing fits, where nothing nearer is. */
function withParent(miss: Miss, parent: PartEnd | null): Miss {
  if (parent?.ran !== true || miss.reason !== 'instruction' || miss.machine !== undefined) return miss;
  return miss.was === undefined ? { reason: 'instruction', parent: parent.layerfile } : miss;
}

/** Which of a part's steps are saved follows from these. */
export function savedSteps({ isParent = false }: BuildContext, steps: readonly Step[]): SavedSteps {
  return { steps, isParent };
}

export function historyOf(context: BuildContext, step: Step): HistoryKey {
  const { workspaceRoot, layerfile, copy } = context;
  const name = copy === undefined ? String(step.number) : `${step.number}#${copy.index}`;
  return { workspace: workspaceRoot, layerfile, step: name };
}

export function fromOf(steps: readonly Step[]): FromInstruction {
  const first = steps[0]?.instruction;
  if (first?.kind !== 'FROM') throw new Error('Internal error: a Layerfile without FROM was accepted');
  return first;
}

export function isForced(step: Step, { noCache, force }: Forcing): boolean {
  if (step.number === 1) return false;
  return noCache || force.some((wanted) => wanted === String(step.number) || matchesText(step, wanted));
}

function matchesText(step: Step, wanted: string): boolean {
  return !/^\d+$/.test(wanted) && step.instruction.text.startsWith(wanted);
}

/** Steps up to the next snapshot have one key, so what made it fail is the reason of all of them. */
function alongSpan(saved: SavedSteps, restored: number, misses: readonly MissReason[]): readonly MissReason[] {
  const [first, ...others] = misses;
  if (first === undefined || (first.reason !== 'changed' && first.reason !== 'unpublishable')) return misses;
  const end = saved.steps.slice(restored).findIndex((step) => isSaved(step, saved));
  return [first, ...others.map((miss, index) => (index < end && miss.reason !== 'forced' ? first : miss))];
}

/** Paths are bytes inside; events are for people and programs that read UTF-8. */
function readableMiss(miss: Miss): Miss {
  if (miss.reason === 'changed')
    return { ...miss, path: toReadablePath(miss.path), was: toReadablePath(miss.was), now: toReadablePath(miss.now) };
  return miss;
}
