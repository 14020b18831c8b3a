import { LayerError } from '../util/layer-error.ts';
import {
  compareObservations,
  type Observation,
  type ObservationCounts,
  type ObservationKind,
  type ReadSet,
} from './observation.ts';
import { ABSENT, digestContentLater, digestObservation } from './observe.ts';
import { parentPath, ROOT_PATH } from './workspace-path.ts';
import type { ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from './workspace.ts';

/** Stands for a digest that is not worked out yet. */
const LATER = 'later';

/** How much one lineage may have looked at. */
export interface ObservationLimits {
  readonly paths: number;
  /** Of all paths together. */
  readonly nameBytes: number;
}

/**
 * More than any build looks at; a guest that probes names without end must not fill the host's memory. A path takes 400
 * bytes here and its name (measured), and less than as much again when a step is stored: 1 GB at the very most.
 */
const LIMITS: ObservationLimits = { paths: 1_000_000, nameBytes: 256 << 20 };

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
  fresh: readonly ObservationKind[] | null;
  /** False for inherited digests until compared with the workspace: they were taken before this run. */
  verified: boolean;
  /** Whether an edit may have left the identity as it is, so that only the digests tell. */
  unsettled: boolean;
}

/** An observation that was digested before it was made: of what was sent to the guest ahead of being asked. */
export interface SentObservation extends Observation {
  /** Of the path when it was sent; null where the digest says it all. */
  readonly identity: string | null;
}

/**
 * The cumulative observations of one lineage. Each is digested when it is first made, before its answer is sent, together
 * with the identity of what was digested, so that an edit during the run is noticed when a step is frozen. (A large file that
 * nobody has touched for a moment is digested while it is served, and at the end: the same identity says that it is the same.) What follows
 * from other observations is left out: that a file exists from its content, an absent name from its folder's listing.
 */
export class ObservationLog {
  readonly #workspace: Workspace;
  readonly #limits: ObservationLimits;
  readonly #records = new Map<WorkspacePath, PathRecord>();
  readonly #freshPaths = new Set<WorkspacePath>();
  readonly #changed = new Set<WorkspacePath>();
  /** Content that is digested when it has been served. */
  readonly #later = new Map<WorkspacePath, () => string>();
  /** Of all paths that were recorded. */
  #nameBytes = 0;

  constructor(workspace: Workspace, inherited: ReadSet, limits: ObservationLimits = LIMITS) {
    this.#workspace = workspace;
    this.#limits = limits;
    for (const { path, kind, digest } of inherited) this.#recordOf(path, false).digests.set(kind, digest);
  }

  /**
   * Adds an observation of the present step, unless the lineage has it. `found` and `listed` are what the workspace has
   * just told of the path, in this order, and the guest will be told. Throws `GUEST_PROTOCOL` when there are too many.
   */
  record(
    path: WorkspacePath,
    kind: ObservationKind,
    found?: WorkspaceEntry | null,
    listed?: readonly ListedEntry[] | null,
  ): void {
    const known = this.#records.get(path);
    if (known?.digests.has(kind) === true || this.#isImplied(path, kind)) {
      this.#checkRepeated(path, kind, found, listed);
      return;
    }
    if (known === undefined) this.#makeRoom(path);
    else this.#check(path, known, found);
    const record = this.#recordOf(path, true, found);
    if (STRICT_KINDS.has(kind)) record.unsettled ||= this.#isUnsettled(path, found);
    const later = kind === 'content' && !record.unsettled ? digestContentLater(this.#workspace, path, found) : null;
    if (later !== null) this.#later.set(path, later);
    const digest = later === null ? digestObservation(this.#workspace, { path, kind }, found, listed) : LATER;
    // The guest is about to be told otherwise: the workspace changed between the look-up and this line.
    if (kind === 'absent' ? digest !== ABSENT : digest === ABSENT) this.#changed.add(path);
    record.digests.set(kind, digest);
    record.fresh = record.fresh === null ? [kind] : [...record.fresh, kind];
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

  /** What this step added, pruned and sorted; begins the next step. To be called after {@link changedSince}. */
  takeNew(): ReadSet {
    const taken: Observation[] = [];
    for (const path of this.#freshPaths) taken.push(...this.#takeFresh(path));
    this.#freshPaths.clear();
    return taken.sort(compareObservations);
  }

  /**
   * The observed paths that were edited since this run observed them. Once changed, always changed. Digests what was left for
   * later, before it looks for edits.
   */
  changedSince(): readonly WorkspacePath[] {
    for (const [path, finish] of this.#later) this.#finish(path, finish);
    this.#later.clear();
    for (const [path, record] of this.#records) this.#check(path, record);
    return [...this.#changed].sort();
  }

  /** Where the file is no longer what was served, its identity says so afterwards. */
  #finish(path: WorkspacePath, finish: () => string): void {
    let digest = ABSENT;
    try {
      digest = finish();
    } catch (error) {
      if (!(error instanceof LayerError)) throw error;
    }
    if (digest === ABSENT) this.#changed.add(path);
    this.#records.get(path)?.digests.set('content', digest);
  }

  #makeRoom(path: WorkspacePath): void {
    this.#nameBytes += path.length;
    if (this.#records.size < this.#limits.paths && this.#nameBytes <= this.#limits.nameBytes) return;
    throw new LayerError(
      'GUEST_PROTOCOL',
      `The build looked at more than ${this.#records.size} paths of the workspace`,
    );
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

  #recordOf(path: WorkspacePath, verified: boolean, found?: WorkspaceEntry | null): PathRecord {
    const known = this.#records.get(path);
    if (known !== undefined) return known;
    const identity = this.#identityOf(path, found);
    const record: PathRecord = { identity, digests: new Map(), fresh: null, verified, unsettled: false };
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

  #identityOf(path: WorkspacePath, found?: WorkspaceEntry | null): string {
    return found === null ? '' : this.#workspace.identity(path, found);
  }

  #isUnsettled(path: WorkspacePath, found?: WorkspaceEntry | null): boolean {
    return found !== null && this.#workspace.isUnsettled?.(path, found) === true;
  }

  /**
   * What was told before is told again. If it is another answer now, that must be known now: it may be undone before the
   * step ends. The strict kinds have an identity that never comes back.
   */
  #checkRepeated(
    path: WorkspacePath,
    kind: ObservationKind,
    found?: WorkspaceEntry | null,
    listed?: readonly ListedEntry[] | null,
  ): void {
    if (STRICT_KINDS.has(kind)) return;
    const parent = parentPath(path);
    const own = this.#records.get(path);
    const told = listed === undefined ? undefined : digestObservation(this.#workspace, { path, kind }, found, listed);
    if (told !== undefined && told !== own?.digests.get(kind)) this.#changed.add(path);
    const above = own === undefined && parent !== null ? this.#records.get(parent) : undefined;
    if (own !== undefined) this.#check(path, own);
    else if (parent !== null && above !== undefined) this.#check(parent, above);
  }

  #check(path: WorkspacePath, record: PathRecord, found?: WorkspaceEntry | null): void {
    if (this.#changed.has(path)) return;
    try {
      if (this.#isChanged(path, record, found)) this.#changed.add(path);
    } catch (error) {
      // What could be observed and now cannot be read has changed.
      if (!(error instanceof LayerError)) throw error;
      this.#changed.add(path);
    }
  }

  #isChanged(path: WorkspacePath, record: PathRecord, found?: WorkspaceEntry | null): boolean {
    const identity = this.#identityOf(path, found);
    if (identity === record.identity && record.verified && !record.unsettled) return false;
    const kinds = [...record.digests.keys()];
    if (identity !== record.identity && kinds.some((kind) => STRICT_KINDS.has(kind))) return true;
    record.identity = identity;
    record.verified = true;
    record.unsettled &&= this.#isUnsettled(path, found);
    return kinds.some((kind) => digestObservation(this.#workspace, { path, kind }) !== record.digests.get(kind));
  }
}

export function countKinds(observations: ReadSet): ObservationCounts {
  const counts = { content: 0, listing: 0, stat: 0, link: 0, absent: 0, exists: 0 };
  for (const { kind } of observations) counts[kind]++;
  return counts;
}
