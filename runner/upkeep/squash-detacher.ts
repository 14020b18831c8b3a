import { basename, dirname, join } from 'node:path';

import type { Detacher, Restated, Snapshot } from '../../snapshots/index.ts';
import type { MachineState } from '../../vm/index.ts';
import { decodePayload, encodePayload, mapPaths, snapshotsOf } from '../lineage-state.ts';
import { LayerError } from '../../util/layer-error.ts';

/**
 * Writes into an empty folder files, named as in `STATE_FILES`, that stand on the state of the base image's snapshot alone, and
 * says what the state is then. Over the states in between, they must give the same machine as well.
 */
export type SquashState = (state: MachineState, folder: string, signal: AbortSignal) => Promise<MachineState>;

/** Puts machine states on the base image's snapshot alone. */
export function squashDetacher(squash: SquashState): Detacher {
  return async ({ snapshot, dependents, folder, signal }) => {
    const machine = stateOf(snapshot);
    if (machine?.format !== 'private') return null;
    const squashed = mapPaths(await squash(machine, folder, signal), (path) =>
      dirname(path) === folder ? join(snapshot.folder, basename(path)) : path,
    );
    if (squashed.format !== 'private') return null;
    const restated = dependents.flatMap((dependent) => {
      const shorter = withoutPrefix(stateOf(dependent), machine.memoryDeltas, squashed.memoryDeltas);
      return shorter === null ? [] : [restate(dependent, stateOf(dependent), shorter)];
    });
    return { snapshot: restate(snapshot, null, squashed), dependents: restated };
  };
}

/** Null where another version of Layer wrote it. */
function stateOf({ folder, payload }: Snapshot): MachineState | null {
  try {
    return decodePayload(dirname(folder), payload).machine;
  } catch (error) {
    if (error instanceof LayerError) return null;
    throw error;
  }
}

/** Null where its memory does not build on the squashed one's. */
function withoutPrefix(
  state: MachineState | null,
  was: readonly string[],
  now: readonly string[],
): MachineState | null {
  if (state?.format !== 'private' || !was.every((file, index) => state.memoryDeltas[index] === file)) return null;
  if (was.length === 0) return null;
  return { ...state, memoryDeltas: [...now, ...state.memoryDeltas.slice(was.length)] };
}

/**
 * What a state no longer names, its snapshot does not need any more. All else that it depends on stays: the disk's
 * backing file is named in the disk only, and a dependent's is the squashed one or one that came after it.
 */
function restate(
  { id, folder, payload, dependsOn }: Snapshot,
  was: MachineState | null,
  state: MachineState,
): Restated {
  const all = dirname(folder);
  const { lineage } = decodePayload(all, payload);
  const named = snapshotsOf(all, state, id);
  const former = was === null ? dependsOn : snapshotsOf(all, was, id).filter((needed) => !named.includes(needed));
  const kept = dependsOn.filter((needed) => !former.includes(needed));
  return { id, payload: encodePayload(all, lineage, state), dependsOn: [...new Set([...kept, ...named])] };
}
