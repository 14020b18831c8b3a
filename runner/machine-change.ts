import type { HistoryKey, MissReason, SnapshotStore, StepFields } from '../snapshots/index.ts';
import { IDENTITY_FIELDS } from '../vm/index.ts';
import type { MachineChange, Miss } from './build-event.ts';
import { identityIn } from './lineage-state.ts';

/** The most telling ones first: an image brings its kernel, an accelerator its CPU. */
const FIELDS = ['semantics', 'base', ...IDENTITY_FIELDS];

/**
 * Says of the first step to run whether it has to because the machine is another one. Another Layerfile may have booted
 * that machine already: then FROM is restored, and the step below it is the first that nothing fits.
 */
export function withMachineChange(
  store: SnapshotStore,
  histories: readonly HistoryKey[],
  now: StepFields,
  misses: readonly MissReason[],
): readonly Miss[] {
  const [first, ...others] = misses;
  if (first === undefined || !isUnexplained(first)) return misses;
  const machine = machineChange(store, histories, now);
  return machine === null ? misses : [{ reason: 'instruction', machine }, ...others];
}

function isUnexplained(miss: MissReason): boolean {
  return miss.reason === 'new' || (miss.reason === 'instruction' && miss.was === undefined);
}

/** Of a Layerfile that did not boot its machine itself, FROM has no history; the steps below it have. */
function machineChange(store: SnapshotStore, histories: readonly HistoryKey[], now: StepFields): MachineChange | null {
  for (const history of histories) {
    const before = identityIn(store.originPayload(history));
    if (before === null) continue;
    const field = FIELDS.find((name) => before[name] !== now[name]);
    return field === undefined ? null : { field, was: before[field] ?? '', now: now[field] ?? '' };
  }
  return null;
}
