import type { IndexSession } from './cache-index.ts';
import { digestStep, type StepDigest, type WeakFingerprint, weakFingerprint } from './fingerprint.ts';
import { createKeyEvaluator, type KeyEvaluator } from './key-evaluator.ts';
import { childSpans, type KeyedSnapshot, pathSetsUnder, snapshotsWithKey } from './lookup-rows.ts';
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
}

export function walkLineages(session: IndexSession, request: LookupRequest): Walk {
  const forced = request.steps.findIndex((step) => step.forced === true);
  const allowed = forced < 0 ? request.steps : request.steps.slice(0, forced);
  const walk: Walk = {
    session,
    evaluator: createKeyEvaluator(request.digest),
    start: request.from ?? null,
    stepDigests: allowed.map((step) => digestStep(step.fields)),
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
  return weakFingerprint(reached?.snapshot.id ?? walk.start, walk.stepDigests.slice(from, from + 1));
}

/** Snapshots form a tree, so this visits each at most once. */
function explore(walk: Walk, before: Reached | null): void {
  const parent = before?.snapshot.id ?? walk.start;
  const from = before?.upTo ?? 0;
  for (const span of childSpans(walk.session, parent)) {
    const upTo = from + span;
    if (upTo > walk.stepDigests.length) break;
    const weak = weakFingerprint(parent, walk.stepDigests.slice(from, upTo));
    for (const snapshot of holding(walk, { weak, from, upTo })) reach(walk, { snapshot, upTo, before });
  }
}

function reach(walk: Walk, reached: Reached): void {
  if (!reached.snapshot.live) walk.tombstones.push(reached);
  else if (walk.best === null || isBetter(reached, walk.best)) walk.best = reached;
  explore(walk, reached);
}

function isBetter(one: Reached, other: Reached): boolean {
  return one.upTo === other.upTo ? one.snapshot.seq > other.snapshot.seq : one.upTo > other.upTo;
}

function holding(walk: Walk, key: FailedKey): KeyedSnapshot[] {
  const pathSets = pathSetsUnder(walk.session, key.weak);
  const found = pathSets.flatMap((stored) => snapshotsWithKey(walk.session, key.weak, walk.evaluator.strong(stored)));
  if (pathSets.length > 0 && found.length === 0) walk.failures.push(key);
  return found;
}
