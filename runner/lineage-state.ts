import { join, relative } from 'node:path';

import type { JsonValue, SnapshotId, StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import type { MachineState } from '../vm/index.ts';
import { HOME } from './guest-layout.ts';

/** One overlay mount of the guest, as it must be known to make it anew from its layers. */
export interface OverlayMount {
  readonly target: string;
  /** Guest folders, from the top down. */
  readonly lowers: readonly string[];
  /** The folder that holds `upper` and `work`. */
  readonly upper: string;
}

/** What the host knows of a guest besides its files; kept with each snapshot, so that a lineage can go on. */
export interface LineageState {
  readonly workingDirectory: string;
  /** Whether the traced file system is mounted. */
  readonly traced: boolean;
  readonly overlays: readonly OverlayMount[];
  /** How many overlay folders were ever made in this lineage. */
  readonly overlayCount: number;
  /** Whom commands run as. */
  readonly user: string;
  /** The user's home folder: what `~` means. */
  readonly home: string;
  /** Absolute guest paths, in the order in which RUN sources them. */
  readonly setupFiles: readonly string[];
  /** Whether RUN BACKGROUND has started anything. */
  readonly hasServices: boolean;
  /** Names of the secrets the machine has seen. Not empty: its snapshots are tainted and never leave this host. */
  readonly secrets: readonly string[];
  /** What CACHE has put into the guest. */
  readonly caches: readonly GuestCache[];
}

/** A folder of the guest that CACHE keeps across runs. */
export interface GuestCache {
  /** Absolute guest folder. */
  readonly folder: string;
  /** Which stored generation it was filled from; null where there was none. */
  readonly generation: string | null;
}

export const ROOT_USER = 'root';

export const NEW_LINEAGE: LineageState = {
  workingDirectory: HOME,
  traced: false,
  overlays: [],
  overlayCount: 0,
  user: ROOT_USER,
  home: HOME,
  setupFiles: [],
  hasServices: false,
  secrets: [],
  caches: [],
};

/** The tracer's state, beside the machine's files in a snapshot's folder. */
export const TRACER_STATE_FILE = 'tracer.state';

/** Version 3: `machine` may be of the format `mapped-ram`, and a booted base has its `identity`. */
const PAYLOAD_VERSION = 3;

interface Payload {
  readonly version: typeof PAYLOAD_VERSION;
  readonly lineage: LineageState;
  /** With paths relative to the folder of all snapshots. */
  readonly machine: MachineState;
  /** Of a booted base only: the fields of its key. What every snapshot on it was made under. */
  readonly identity?: StepFields;
}

/** What is stored with a snapshot. `folder` is the folder of all snapshots. */
export function encodePayload(
  folder: string,
  lineage: LineageState,
  machine: MachineState,
  identity?: StepFields,
): JsonValue {
  const payload: Payload = {
    version: PAYLOAD_VERSION,
    lineage,
    machine: mapPaths(machine, (path) => relative(folder, path)),
    ...(identity === undefined ? {} : { identity }),
  };
  return payload as unknown as JsonValue;
}

/** Throws `SNAPSHOT_DAMAGED` for a payload of another version: its snapshot cannot be used by this program. */
export function decodePayload(folder: string, value: JsonValue): { lineage: LineageState; machine: MachineState } {
  const payload = value as unknown as Omit<Payload, 'version'> & { readonly version: number };
  if (payload.version !== PAYLOAD_VERSION)
    throw new LayerError('SNAPSHOT_DAMAGED', 'A snapshot was written by another version of Layer');
  return { lineage: payload.lineage, machine: mapPaths(payload.machine, (path) => join(folder, path)) };
}

/** The key's fields of the machine that was booted with this payload; null where it was another version's. */
export function identityIn(payload: JsonValue | null): StepFields | null {
  const { version, identity } = (payload ?? {}) as unknown as Partial<Payload>;
  return version === PAYLOAD_VERSION && identity !== undefined ? identity : null;
}

/** The snapshots whose files a machine state needs, its own excepted. */
export function snapshotsOf(folder: string, state: MachineState, own: SnapshotId): SnapshotId[] {
  const ids = pathsOf(state).map((path) => relative(folder, path).split('/', 1)[0] as SnapshotId);
  return [...new Set(ids)].filter((id) => id !== own);
}

function pathsOf(state: MachineState): string[] {
  return state.format === 'private'
    ? [state.memoryBase, ...state.memoryDeltas, state.deviceState, state.disk]
    : [state.stream, state.disk];
}

/** The state with every path changed. */
export function mapPaths(state: MachineState, change: (path: string) => string): MachineState {
  if (state.format !== 'private') return { ...state, stream: change(state.stream), disk: change(state.disk) };
  return {
    ...state,
    memoryBase: change(state.memoryBase),
    memoryDeltas: state.memoryDeltas.map(change),
    deviceState: change(state.deviceState),
    disk: change(state.disk),
  };
}
