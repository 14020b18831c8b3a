import { sha256 } from '../util/sha256.ts';
import type { IndexSession } from './cache-index.ts';
import {
  digestStep,
  type HashText,
  type StepDigest,
  type StrongFingerprint,
  type WeakFingerprint,
  weakFingerprint,
} from './fingerprint.ts';
import { createKeyEvaluator, type KeyEvaluator } from './key-evaluator.ts';
import { childSpans, type KeyedSnapshot, pathSetsUnder, snapshotsWithKey, type StoredPathSet } from './lookup-rows.ts';
import type { SnapshotId } from './snapshot.ts';
import type { LookupRequest } from './store.ts';

/**
 * The walk of BuildXL's two-phase look-up along a chain of steps. A weak fingerprint contains the parent snapshot's id, so a
 * snapshot's own read set needs to hold only what its own steps observed first: whoever gets there from the top has
 * verified every ancestor on the way. Tombstones are walked through like live snapshots: their keys hold as well, and
 * only the end of the walk needs files.
 */
export interface Walk {
  readonly session: IndexSession;
  readonly evaluator: KeyEvaluator;
  readonly start: SnapshotId | null;
  readonly stepDigests: readonly StepDigest[];
  readonly hashText: HashText;
  /** The deepest live snapshot reached so far; of equally deep ones the newest. */
  best: Reached | null;
  readonly tombstones: Reached[];
  readonly failures: FailedKey[];
}

/** A snapshot whose lineage holds, and how the walk came to it. */
export interface Reached {
  readonly snapshot: KeyedSnapshot;
  /** Number of steps it stands for. */
  readonly upTo: number;
  readonly before: Reached | null;
}

/** A weak fingerprint that is stored, but with no read set that holds. */
export interface FailedKey {
  readonly weak: WeakFingerprint;
  readonly from: number;
  readonly upTo: number;
  /** What the workspace gives for its path sets, by their sha-256. */
  readonly given: Map<string, StrongFingerprint>;
}

export function walkLineages(session: IndexSession, request: LookupRequest): Walk {
  const forced = request.steps.findIndex((step) => step.forced === true);
  const allowed = forced < 0 ? request.steps : request.steps.slice(0, forced);
  const hashText: HashText = (text) => request.memory?.sha256(text) ?? sha256(text);
  const walk: Walk = {
    session,
    evaluator: createKeyEvaluator(request),
    start: request.from ?? null,
    stepDigests: allowed.map((step) => digestStep(step.fields, hashText)),
    hashText,
    best: null,
    tombstones: [],
    failures: [],
  };
  explore(walk, null);
  return walk;
}

/** The key of the step after `reached`, when nothing else lies between. */
export function nextWeak(walk: Walk, reached: Reached | null): WeakFingerprint {
  const from = reached?.upTo ?? 0;
  return weakFingerprint(reached?.snapshot.id ?? walk.start, walk.stepDigests.slice(from, from + 1), walk.hashText);
}

/** What the workspace gives for the path sets of each weak fingerprint under which none holds. */
export function differingKeys({ failures }: Walk): ReadonlyMap<string, ReadonlyMap<string, string>> {
  return new Map(failures.map(({ weak, given }) => [weak, given]));
}

/** Snapshots form a tree, so this visits each at most once; the most recently used first. */
function explore(walk: Walk, before: Reached | null): void {
  const parent = before?.snapshot.id ?? walk.start;
  const from = before?.upTo ?? 0;
  for (const span of childSpans(walk.session, parent)) {
    const upTo = from + span;
    if (upTo > walk.stepDigests.length) break;
    const weak = weakFingerprint(parent, walk.stepDigests.slice(from, upTo), walk.hashText);
    exploreKey(walk, { weak, from, upTo, given: new Map() }, before);
  }
}

/** Follows every snapshot under the key whose path set holds, unless nothing better can lie there. */
function exploreKey(walk: Walk, key: FailedKey, before: Reached | null): void {
  const { weak, upTo, given } = key;
  let [isKnown, holds] = [false, false];
  for (const pathSet of pathSetsUnder(walk.session, weak)) {
    isKnown = true;
    if (isBeaten(walk, pathSet)) return;
    const strong = walk.evaluator.strong(pathSet);
    given.set(pathSet.sha256, strong);
    for (const snapshot of snapshotsWithKey(walk.session, weak, strong)) {
      holds = true;
      reach(walk, { snapshot, upTo, before });
    }
  }
  if (isKnown && !holds) walk.failures.push(key);
}

/**
 * Whether all steps are restored already, from a snapshot newer than all that lie under the path set: then it need not be
 * looked at. This is what makes a decision about an unchanged workspace cost one path set a step, however many are stored.
 */
function isBeaten({ best, stepDigests }: Walk, { newestSeq }: StoredPathSet): boolean {
  return best !== null && best.upTo === stepDigests.length && best.snapshot.seq > newestSeq;
}

function reach(walk: Walk, reached: Reached): void {
  if (!reached.snapshot.live) walk.tombstones.push(reached);
  else if (walk.best === null || isBetter(reached, walk.best)) walk.best = reached;
  explore(walk, reached);
}

function isBetter(one: Reached, other: Reached): boolean {
  return one.upTo === other.upTo ? one.snapshot.seq > other.snapshot.seq : one.upTo > other.upTo;
}
