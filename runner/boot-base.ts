import { dirname, join } from 'node:path';

import type { PendingSnapshot, SnapshotId } from '../snapshots/index.ts';
import { type Machine, STATE_FILES } from '../vm/index.ts';
import type { Base } from './base-machine.ts';
import { announce, announceMachine, type BuildContext } from './build-context.ts';
import { encodePayload, NEW_LINEAGE, snapshotsOf } from './lineage-state.ts';
import { historyOf } from './plan.ts';
import type { StepSnapshot } from './session.ts';
import type { Step } from './step.ts';

/**
 * Boots the base image and publishes the booted machine: the snapshot of FROM. The machine is ended afterwards and its
 * snapshot restored like any other, so that what a step writes is counted from here. `beforeVisible` gets the snapshot's id.
 */
export async function bootBase(
  context: BuildContext,
  base: Base,
  step: Step,
  beforeVisible: (id: SnapshotId) => void,
): Promise<StepSnapshot> {
  const started = performance.now();
  announce(context, 'boot', `booting ${step.instruction.text.replace(/^FROM /, '')} (once for each memory size)`);
  const { store } = context;
  using pending = discarding(store.begin(), store);
  using next = discarding(store.begin(), store);
  await using machine = await context.machines.boot({
    config: base.config,
    keys: base.image.keys,
    imageDisk: base.image.disk,
    disk: join(pending.folder, STATE_FILES.disk),
    format: base.format,
    signal: context.signal,
  });
  announceMachine(context, machine, 'begin');
  using _end = ending(context, machine);
  // A first log-in, so that what every command needs is in the guest's memory from the start.
  await machine.run('. /etc/layer/step.sh; sync', { signal: context.signal });
  await machine.freeze();
  beforeVisible(pending.id);
  const nextDisk = join(next.folder, STATE_FILES.disk);
  return await publishBase(context, machine, pending, nextDisk, step, base, performance.now() - started);
}

function ending(context: BuildContext, machine: Machine): Disposable {
  return { [Symbol.dispose]: () => announceMachine(context, machine, 'end') };
}

/** A pending snapshot that is discarded at the end of its scope; a published one is no longer pending. */
function discarding<Pending extends { readonly folder: string; readonly id: string }>(
  pending: Pending,
  store: { discard(pending: Pending): void },
): Pending & Disposable {
  return { ...pending, [Symbol.dispose]: () => store.discard(pending) };
}

/** Saves a machine that was just booted as the snapshot of its FROM step. */
async function publishBase(
  context: BuildContext,
  machine: Machine,
  pending: PendingSnapshot,
  nextDisk: string,
  step: Step,
  base: Base,
  durationMs: number,
): Promise<StepSnapshot> {
  const { state, figures } = await machine.save({ folder: pending.folder, nextDisk, wholeMemory: true });
  const folder = dirname(pending.folder);
  const snapshot = await context.store.publish(pending, {
    parent: null,
    dependsOn: snapshotsOf(folder, state, pending.id),
    steps: [base.fields],
    observations: [],
    payload: encodePayload(folder, NEW_LINEAGE, state, base.fields),
    label: step.instruction.text,
    durationMs,
    history: historyOf(context, step),
  });
  return { snapshot, figures };
}
