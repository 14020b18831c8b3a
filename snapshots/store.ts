import type { LookMemory, ObservedPath, ReadSet } from '../fs-tracer/index.ts';
import type { StepFields } from './fingerprint.ts';
import type { Flights } from './flights.ts';
import type { MissReason } from './miss-reason.ts';
import type { HistoryKey, JsonValue, Snapshot, SnapshotId } from './snapshot.ts';

/** One step of the chain that is looked up. */
export interface LookupStep {
  /** Everything known before the step runs, except its parent: instruction, environment, user, folder, machine. */
  readonly fields: StepFields;
  /** For people, as in {@link Snapshot.label}. */
  readonly label: string;
  readonly history: HistoryKey;
  /** Never restore this step, nor any after it. */
  readonly forced?: boolean;
}

export interface LookupRequest {
  readonly steps: readonly LookupStep[];
  /** The lineage continues from this snapshot (FROM another Layerfile); left out or null at the start of a lineage. */
  readonly from?: SnapshotId | null;
  /** What an observation gives in the workspace as it is now. Called at most once for each (path, kind) of a look-up; must not use the store. */
  readonly digest: (observed: ObservedPath) => string;
  /** What `digest` gave in former look-ups, and still gives. Left out where nothing is remembered. */
  readonly memory?: LookMemory | undefined;
}

/** The deepest live snapshot whose whole lineage holds. */
export interface CacheHit {
  readonly snapshot: Snapshot;
  /** How many of the steps it stands for: steps[0] to steps[restoredSteps - 1]. */
  readonly restoredSteps: number;
  /**
   * For each restored step, the snapshot after it in this lineage; null where that step left none of its own (or where
   * it has been evicted: it counts for the key, but has no files).
   */
  readonly lineage: readonly (SnapshotId | null)[];
}

export interface LookupResult {
  readonly hit: CacheHit | null;
  /** Why each step after the restored ones is not: one entry for each of `steps.slice(restoredSteps)`. */
  readonly misses: readonly MissReason[];
  /** By weak fingerprint: what the workspace gives for its path sets (by their sha-256), none of which holds. */
  readonly differing: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** See {@link SnapshotStore.newestSeq}. */
  readonly newestSeq: number;
}

/** A folder to put files in, and a promise to either publish or discard it. */
export interface PendingSnapshot {
  readonly id: SnapshotId;
  /** Exists, is empty, is 0700. Flat files only; `manifest.json` and `read-set` are the store's. */
  readonly folder: string;
}

export interface Publication {
  readonly parent: SnapshotId | null;
  readonly dependsOn: readonly SnapshotId[];
  /**
   * The fields of the steps since the parent, in order: as a rule one; more where a step left no snapshot of its own.
   * They are hashed with the parent's id into the weak fingerprint.
   */
  readonly steps: readonly StepFields[];
  /** What was observed since the parent, and not before it in the lineage: sorted by (path, kind), unique. */
  readonly observations: ReadSet;
  readonly payload: JsonValue;
  readonly label: string;
  readonly durationMs: number;
  /** Whose history this is; for several steps, the last one's. */
  readonly history: HistoryKey;
  /**
   * The machine as a failing step left it, for people to look at: it has no key and no child, so no look-up finds it, and
   * takes the place of the step's former one. The history does not know it.
   */
  readonly failed?: true;
}

export interface VerifyOptions {
  /** Files that were found whole since the system started, and were not touched since, are not read again. Default: all are read. */
  readonly trustUntouched?: boolean;
}

/** A file that is not what its manifest says. */
export interface Damage {
  readonly damaged: SnapshotId;
  readonly file: string;
  readonly why: string;
}

export type Verification = { readonly ok: true } | ({ readonly ok: false } & Damage);

export interface Removal {
  readonly removed: readonly SnapshotId[];
  /** `leased`: a living process uses it. `needed`: a live snapshot that stays depends on it. */
  readonly kept: readonly { readonly id: SnapshotId; readonly why: 'leased' | 'needed' }[];
}

/**
 * Saved states of one `LAYER_HOME`, and which of them fits what is in the workspace now. Several processes may use one at
 * once. Every method may throw `LayerError`: `CACHE_FULL` (no space), `CACHE_UNUSABLE` (not writable, locked for long),
 * never leaving anything half done. Disposing it closes the index; leases of this process should be disposed before.
 */
export interface SnapshotStore extends Disposable {
  /** Walks the chain as far as it holds. Reads only; costs (distinct path sets x paths), whatever is stored beside. */
  findDeepest(request: LookupRequest): LookupResult;

  /** Grows with each publication, of any process: where it has not, the same look-up finds the same. */
  newestSeq(): number;
  /** What runs on this store are doing, so that they need not do it twice. Loaded when it is first wanted. */
  flights(): Promise<Flights>;

  /** A new folder, owned by this process: a later sweep removes it if the process dies before it is published. */
  begin(): PendingSnapshot;
  /**
   * Makes a pending snapshot durable, then visible, in this order. The files must not change any more. When it throws,
   * the snapshot is still pending: discard it. `SNAPSHOT_DAMAGED` where something it depends on is gone.
   */
  publish(pending: PendingSnapshot, publication: Publication): Promise<Snapshot>;
  /** Removes a pending snapshot with its files, or leaves it to a later sweep. Does nothing to a published one. Never throws. */
  discard(pending: PendingSnapshot): void;
  /** Remembers that a step ran but could not be saved, because `paths` changed meanwhile: the next look-up says so. */
  noteUnpublishable(note: UnpublishableNote): void;

  /** The live snapshot of this id; null where there is none (any more). */
  get(id: SnapshotId): Snapshot | null;
  /** What was first observed in this snapshot's own steps. Also for one that was evicted. Empty for an unknown id. */
  observations(id: SnapshotId): ReadSet;
  /** What the whole lineage up to this snapshot observed, sorted. Null where part of the lineage is unknown. */
  lineageObservations(id: SnapshotId): ReadSet | null;
  /**
   * The live snapshot that the last run of a step left, if that run had the same parent and the same fields: only what
   * it observed may differ. RUN REPEATABLE goes on from it.
   */
  lastRun(key: HistoryKey, parent: SnapshotId, steps: readonly StepFields[]): Snapshot | null;
  /** The live snapshot that the last run of a step left, whatever its key; null where there is none (any more). */
  lastLeft(key: HistoryKey): Snapshot | null;
  /** The newest machine that the step left in failing; null where it has succeeded since, or that was removed. */
  failedState(key: HistoryKey): Snapshot | null;
  /** Removes it, unless somebody uses it: the step has succeeded. Never throws. */
  dropFailedState(key: HistoryKey): void;
  /** What it took to make the snapshot that the last run of a step left, also where that is gone; null where there was none. */
  lastDurationMs(key: HistoryKey): number | null;
  /**
   * The payload of the snapshot at the start of the lineage that the last run of a step left, evicted or not; null where
   * nothing is known of it.
   */
  originPayload(key: HistoryKey): JsonValue | null;
  /** The same for the lineage of a snapshot. */
  originPayloadOf(id: SnapshotId): JsonValue | null;
  /** All live snapshots, in the order of their publication. */
  list(): readonly Snapshot[];
  /** Allocated bytes of all live snapshots. */
  totalSizeBytes(): number;

  /**
   * Keeps these and everything they depend on from being removed until the lease is disposed or this process ends.
   * Null where one of them is no longer there: look up again.
   */
  lease(ids: readonly SnapshotId[]): Disposable | null;
  /** Marks them as used now, and counts that. At most one write a minute and snapshot; more often counts as once. */
  touch(ids: readonly SnapshotId[]): void;
  /** Checks a snapshot and everything it depends on against the manifests. */
  verify(id: SnapshotId, options?: VerifyOptions): Promise<Verification>;
  /**
   * Brings back the files of a leased snapshot, and of all that it depends on, that are kept packed only. What does not give
   * back what it was made from is damage.
   */
  unpack(id: SnapshotId): Promise<Verification>;
  /** Drops a damaged snapshot and all that depend on it, whoever uses them; returns the dropped ones. */
  forget(id: SnapshotId): readonly SnapshotId[];
  /** Removes snapshots: all of `ids` that nobody uses and nothing that stays depends on. */
  remove(ids: readonly SnapshotId[]): Removal;
  /** Removes what dead processes and interrupted removals left behind. Returns the names of the removed folders. */
  sweep(): readonly string[];
}

export interface UnpublishableNote {
  readonly parent: SnapshotId | null;
  readonly steps: readonly StepFields[];
  readonly label: string;
  readonly history: HistoryKey;
  readonly paths: readonly string[];
}
