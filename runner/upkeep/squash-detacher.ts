import { basename, dirname, join } from 'node:path';

import type { Detacher, Restated, Snapshot, SnapshotId, SurveyedSnapshot } from '../../snapshots/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import type { MachineState } from '../../vm/index.ts';
import { decodePayload, encodePayload, mapPaths, snapshotsOf } from '../lineage-state.ts';

/**
 * Writes the machine of `state` once more into an empty folder, into files named as in `STATE_FILES`, so that it stands on
 * `foundation` alone (the state that its base image's boot left), and says what the state is then. A delta that it writes must give the
 * same machine over the states in between as well, as must the disk.
 */
export type SquashState = (
  state: MachineState,
  foundation: MachineState,
  folder: string,
  options: { readonly signal: AbortSignal },
) => Promise<MachineState>;

/** Whether a state is so slow to restore that it is worth being squashed. */
export type IsHeavy = (state: MachineState) => Promise<boolean>;

type PrivateState = Extract<MachineState, { readonly format: 'private' }>;

/** Puts machine states on that of the base image alone. */
export function squashDetacher(squash: SquashState): Detacher {
  return async ({ snapshot, dependents, foundations, folder, signal }) => {
    const [was, root] = [stateOf(snapshot), foundations.find(({ dependsOn }) => dependsOn.length === 0)];
    const foundation = root === undefined ? null : stateOf(root);
    if (root === undefined || was === null || foundation === null) return null;
    const now = movedTo(snapshot.folder, folder, await squash(was, foundation, folder, { signal }));
    if (now.format !== 'private') return null;
    const restated = dependents.flatMap((dependent) => {
      const state = stateOf(dependent);
      const shorter = state === null ? null : overSquashed(state, was, now);
      return state === null || shorter === null ? [] : [restatedDependent(dependent, state, shorter)];
    });
    const drops = ownFiles(was, snapshot.folder).filter((name) => !ownFiles(now, snapshot.folder).includes(name));
    return { snapshot: restatedOn(root.id, snapshot, now), dependents: restated, drops };
  };
}

/** Those of `snapshots` that are slow to restore; what is packed, or has lost a file, is not looked at. */
export async function heavySnapshots(
  snapshots: readonly SurveyedSnapshot[],
  isHeavy: IsHeavy,
): Promise<ReadonlySet<SnapshotId>> {
  const heavy = new Set<SnapshotId>();
  for (const snapshot of snapshots.filter(({ isPacked }) => !isPacked)) {
    const state = stateOf(snapshot);
    if (state !== null && (await unlessDamaged(isHeavy(state))) === true) heavy.add(snapshot.id);
  }
  return heavy;
}

async function unlessDamaged<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof LayerError && error.code === 'SNAPSHOT_DAMAGED') return null;
    throw error;
  });
}

/** Null where another version of Layer wrote it, or QEMU as one stream. */
function stateOf({ folder, payload }: Snapshot): PrivateState | null {
  try {
    const { machine } = decodePayload(dirname(folder), payload);
    return machine.format === 'private' ? machine : null;
  } catch (error) {
    if (error instanceof LayerError) return null;
    throw error;
  }
}

/** The state when its files have moved there. */
function movedTo(to: string, from: string, state: MachineState): MachineState {
  return mapPaths(state, (path) => (dirname(path) === from ? join(to, basename(path)) : path));
}

/** The state of a machine that went on from a squashed one. Null where its memory does not build on that one's. */
export function overSquashed(state: PrivateState, was: PrivateState, now: PrivateState): PrivateState | null {
  const { memoryBase, memoryDeltas } = state;
  if (memoryBase !== was.memoryBase || !was.memoryDeltas.every((file, index) => memoryDeltas[index] === file))
    return null;
  if (was.memoryDeltas.length === 0) return null;
  const rest = memoryDeltas.slice(was.memoryDeltas.length);
  return { ...state, memoryBase: now.memoryBase, memoryDeltas: [...now.memoryDeltas, ...rest] };
}

function ownFiles({ memoryBase, memoryDeltas, deviceState, disk }: PrivateState, folder: string): readonly string[] {
  return [memoryBase, ...memoryDeltas, deviceState, disk]
    .filter((path) => dirname(path) === folder)
    .map((path) => basename(path));
}

/** A disk names its backing file in itself only: it is the foundation's. */
function restatedOn(foundation: SnapshotId, { id, folder, payload }: Snapshot, state: MachineState): Restated {
  const named = snapshotsOf(dirname(folder), state, id);
  return { id, payload: restatedPayload(folder, payload, state), dependsOn: [...new Set([foundation, ...named])] };
}

/**
 * What the state no longer names, it does not need any more. All else stays: its disk's backing file is that of the squashed
 * snapshot, or of one that came after it.
 */
function restatedDependent(
  { id, folder, payload, dependsOn }: Snapshot,
  was: MachineState,
  state: MachineState,
): Restated {
  const named = snapshotsOf(dirname(folder), state, id);
  const former = snapshotsOf(dirname(folder), was, id).filter((needed) => !named.includes(needed));
  const kept = dependsOn.filter((needed) => !former.includes(needed));
  return { id, payload: restatedPayload(folder, payload, state), dependsOn: [...new Set([...kept, ...named])] };
}

function restatedPayload(folder: string, payload: Snapshot['payload'], state: MachineState): Snapshot['payload'] {
  const all = dirname(folder);
  return encodePayload(all, decodePayload(all, payload).lineage, state);
}
