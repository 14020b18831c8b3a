import { join, relative } from 'node:path';

import type { JsonValue, SnapshotId } from '../snapshots/index.ts';
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

const PAYLOAD_VERSION = 2;

interface Payload {
  readonly version: typeof PAYLOAD_VERSION;
  readonly lineage: LineageState;
  /** With paths relative to the folder of all snapshots. */
  readonly machine: MachineState;
}

/** What is stored with a snapshot. `folder` is the folder of all snapshots. */
export function encodePayload(folder: string, lineage: LineageState, machine: MachineState): JsonValue {
  const payload: Payload = {
    version: PAYLOAD_VERSION,
    lineage,
    machine: mapPaths(machine, (path) => relative(folder, path)),
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

/** The snapshots whose files a machine state needs, its own excepted. */
export function snapshotsOf(folder: string, state: MachineState, own: SnapshotId): SnapshotId[] {
  const ids = pathsOf(state).map((path) => relative(folder, path).split('/', 1)[0] as SnapshotId);
  return [...new Set(ids)].filter((id) => id !== own);
}

function pathsOf(state: MachineState): string[] {
  return state.format === 'stream'
    ? [state.stream, state.disk]
    : [state.memoryBase, ...state.memoryDeltas, state.deviceState, state.disk];
}

/** The state with every path changed. */
export function mapPaths(state: MachineState, change: (path: string) => string): MachineState {
  if (state.format === 'stream') return { ...state, stream: change(state.stream), disk: change(state.disk) };
  return {
    ...state,
    memoryBase: change(state.memoryBase),
    memoryDeltas: state.memoryDeltas.map(change),
    deviceState: change(state.deviceState),
    disk: change(state.disk),
  };
}
