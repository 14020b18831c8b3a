import type { JsonValue, Snapshot, SnapshotId } from './snapshot.ts';

/** A snapshot to be put on less, as it is now. It and all that it depends on stays meanwhile, and is unpacked. */
export interface DetachRequest {
  readonly snapshot: Snapshot;
  /** All live snapshots whose files need its own, directly or not. */
  readonly dependents: readonly Snapshot[];
  /** All snapshots whose files it needs, directly or not. */
  readonly foundations: readonly Snapshot[];
  /** Empty, 0700, on the same file system: for the new files. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** What one snapshot says of itself from now on. */
export interface Restated {
  readonly id: SnapshotId;
  readonly payload: JsonValue;
  readonly dependsOn: readonly SnapshotId[];
}

/**
 * What came of it. Each file in the folder will take the place of the snapshot's file of the same name, at the same path, before
 * anything that is said here holds: so it must also serve in its place as `dependents` and the old payload use it.
 */
export interface Detached {
  readonly snapshot: Restated;
  /** Those of the dependents that stand on less now as well; the others stay as they are. */
  readonly dependents: readonly Restated[];
  /** Names of the snapshot's files that nothing needs as soon as this holds. */
  readonly drops: readonly string[];
}

/**
 * Rewrites the state of a snapshot so that it stands on fewer others. Made by whoever knows what the files mean: nothing here
 * does. Null where it cannot be done.
 */
export type Detacher = (request: DetachRequest) => Promise<Detached | null>;
