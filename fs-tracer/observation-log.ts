import { LayerError } from '../util/layer-error.ts';
import {
  compareObservations,
  type Observation,
  type ObservationCounts,
  type ObservationKind,
  type ReadSet,
} from './observation.ts';
import { ABSENT, digestObservation } from './observe.ts';
import { parentPath, ROOT_PATH } from './workspace-path.ts';
import type { Workspace, WorkspacePath } from './workspace.ts';

/** More paths than any build looks at; a guest that probes names without end must not fill the host's memory. */
const MAX_PATHS = 2_000_000;

/** Kinds whose answer reveals the thing itself: an edit counts even where it was undone before we looked. */
const STRICT_KINDS: ReadonlySet<ObservationKind> = new Set(['content', 'stat', 'link']);

/** What else of the same path makes an observation say nothing new. */
const IMPLIED_BY: Readonly<Partial<Record<ObservationKind, readonly ObservationKind[]>>> = {
  exists: ['content', 'stat', 'link', 'listing'],
  stat: ['content'],
};

interface PathRecord {
  /** Of the workspace path when it was first observed in this run. */
  identity: string;
  readonly digests: Map<ObservationKind, string>;
  /** The kinds observed in the present step. */
  fresh: Set<ObservationKind> | null;
  /** False for inherited digests until compared with the workspace: they were taken before this run. */
  verified: boolean;
}

/** An observation that was digested before it was made: of what was sent to the guest ahead of being asked. */
export interface SentObservation extends Observation {
  /** Of the path when it was sent; null where the digest says it all. */
  readonly identity: string | null;
}

/**
 * The cumulative observations of one lineage. Each is digested when it is first made, before its answer is sent, together
 * with the identity of what was digested, so that an edit during the run is noticed when a step is frozen. What follows
 * from other observations is left out: that a file exists from its content, an absent name from its folder's listing.
 */
export class ObservationLog {
  readonly #workspace: Workspace;
  readonly #records = new Map<WorkspacePath, PathRecord>();
  readonly #freshPaths = new Set<WorkspacePath>();
  readonly #changed = new Set<WorkspacePath>();

  constructor(workspace: Workspace, inherited: ReadSet) {
    this.#workspace = workspace;
    for (const { path, kind, digest } of inherited) this.#recordOf(path, false).digests.set(kind, digest);
  }

  /** Adds an observation of the present step, unless the lineage has it. Throws `GUEST_PROTOCOL` when there are too many. */
  record(path: WorkspacePath, kind: ObservationKind): void {
    const known = this.#records.get(path);
    if (known?.digests.has(kind) === true || this.#isImplied(path, kind)) return;
    if (known === undefined && this.#records.size >= MAX_PATHS) {
      throw new LayerError('GUEST_PROTOCOL', `A step looked at more than ${MAX_PATHS} paths`);
    }
    if (known !== undefined) this.#check(path, known);
    const record = this.#recordOf(path, true);
    const digest = digestObservation(this.#workspace, { path, kind });
    // The guest is about to be told otherwise: the workspace changed between the look-up and this line.
    if (kind === 'absent' ? digest !== ABSENT : digest === ABSENT) this.#changed.add(path);
    record.digests.set(kind, digest);
    (record.fresh ??= new Set()).add(kind);
    this.#freshPaths.add(path);
  }

  /**
   * Adds an observation of what was sent earlier. Where the workspace is no longer what it was then, the path was edited
   * during the run.
   */
  recordSent({ path, kind, digest, identity }: SentObservation): void {
    if (identity !== null && this.#workspace.identity(path) !== identity) this.#changed.add(path);
    this.record(path, kind);
    const recorded = this.#records.get(path)?.digests.get(kind) ?? digest;
    if (recorded !== digest) this.#changed.add(path);
  }

  /** What this step added, pruned and sorted; begins the next step. */
  takeNew(): ReadSet {
    const taken: Observation[] = [];
    for (const path of this.#freshPaths) taken.push(...this.#takeFresh(path));
    this.#freshPaths.clear();
    return taken.sort(compareObservations);
  }

  /** The observed paths that were edited since this run observed them. Once changed, always changed. */
  changedSince(): readonly WorkspacePath[] {
    for (const [path, record] of this.#records) this.#check(path, record);
    return [...this.#changed].sort();
  }

  #takeFresh(path: WorkspacePath): readonly Observation[] {
    const record = this.#records.get(path);
    if (record === undefined) return [];
    const taken: Observation[] = [];
    for (const kind of record.fresh ?? []) {
      const digest = record.digests.get(kind) ?? ABSENT;
      if (!this.#isImplied(path, kind)) taken.push({ path, kind, digest });
      else record.digests.delete(kind);
    }
    record.fresh = null;
    if (record.digests.size === 0) this.#records.delete(path);
    return taken;
  }

  #recordOf(path: WorkspacePath, verified: boolean): PathRecord {
    const known = this.#records.get(path);
    if (known !== undefined) return known;
    const identity = this.#workspace.identity(path);
    const record: PathRecord = { identity, digests: new Map(), fresh: null, verified };
    this.#records.set(path, record);
    return record;
  }

  #isImplied(path: WorkspacePath, kind: ObservationKind): boolean {
    if (kind === 'exists' && path === ROOT_PATH) return true;
    const digests = this.#records.get(path)?.digests;
    if (IMPLIED_BY[kind]?.some((other) => digests?.has(other) === true) === true) return true;
    return (kind === 'exists' || kind === 'absent') && this.#isParentListed(path);
  }

  #isParentListed(path: WorkspacePath): boolean {
    const parent = parentPath(path);
    return parent !== null && this.#records.get(parent)?.digests.has('listing') === true;
  }

  #check(path: WorkspacePath, record: PathRecord): void {
    if (this.#changed.has(path)) return;
    try {
      if (this.#isChanged(path, record)) this.#changed.add(path);
    } catch (error) {
      // What could be observed and now cannot be read has changed.
      if (!(error instanceof LayerError)) throw error;
      this.#changed.add(path);
    }
  }

  #isChanged(path: WorkspacePath, record: PathRecord): boolean {
    const identity = this.#workspace.identity(path);
    if (identity === record.identity && record.verified) return false;
    const kinds = [...record.digests.keys()];
    if (identity !== record.identity && kinds.some((kind) => STRICT_KINDS.has(kind))) return true;
    record.identity = identity;
    record.verified = true;
    return kinds.some((kind) => digestObservation(this.#workspace, { path, kind }) !== record.digests.get(kind));
  }
}

export function countKinds(observations: ReadSet): ObservationCounts {
  const counts = { content: 0, listing: 0, stat: 0, link: 0, absent: 0, exists: 0 };
  for (const { kind } of observations) counts[kind]++;
  return counts;
}
