import { type EvictionCandidate, inheritedStandings, ownStanding } from './eviction.ts';
import type { SnapshotId } from './snapshot.ts';

/** When a snapshot's state should be rewritten to stand on less. */
export interface DetachmentPolicy {
  /** The longest chain of snapshots under one whose files need each other. */
  readonly longestChain: number;
  /** Whether space is wanted: then also where parents are kept for nothing but their children. */
  readonly isFreeing: boolean;
  /** Those that are slow to restore as they are: rewritten where no space is wanted, if they are kept for their own sake. */
  readonly heavy: ReadonlySet<SnapshotId>;
}

/** With fewer idle parents than this, a rewritten child takes as much as it frees. */
const FEWEST_IDLE = 2;
/** A parent that was not used for so long, and is not kept for its own sake, is idle. */
const IDLE_MS = 3_600_000;

/**
 * The next snapshot to rewrite, of all live ones in the order of their publication; null where there is none. Pure. The ones
 * nearest to the start come first: what depends on a rewritten one stands on less then, too. For the same reason it is the
 * last of a chain as long as allowed that is cut off, and not the one that makes it longer: that may be one of many.
 */
export function chooseDetachment(
  all: readonly EvictionCandidate[],
  { longestChain, isFreeing, heavy }: DetachmentPolicy,
  nowMs: number,
  tried: ReadonlySet<SnapshotId>,
): SnapshotId | null {
  const inherited = inheritedStandings(all, nowMs);
  const chains = new Map<SnapshotId, number>();
  const idleUnder = new Map<SnapshotId, ReadonlySet<SnapshotId>>();
  for (const candidate of all) {
    const { id, dependsOn } = candidate;
    const isIdle = isIdleItself(candidate, nowMs);
    const idle = new Set(dependsOn.flatMap((needed) => [...(idleUnder.get(needed) ?? [])]));
    const [nearest, chain] = longestUnder(dependsOn, chains);
    const isSpaceLost = isFreeing && !isIdle && inherited.get(id)?.isKeptLongest === true && idle.size >= FEWEST_IDLE;
    const isSlow = heavy.has(id) && !isFreeing && ownStanding(candidate, nowMs).isKeptLongest;
    if ((isSpaceLost || isSlow) && !tried.has(id)) return id;
    const cut = chain + 1 > longestChain ? nearest : null;
    if (cut !== null && !tried.has(cut)) return cut;
    chains.set(id, cut === null ? chain + 1 : 1);
    // The start of a lineage stays under whatever is rewritten.
    idleUnder.set(id, isIdle && dependsOn.length > 0 ? new Set([...idle, id]) : idle);
  }
  return null;
}

function isIdleItself(candidate: EvictionCandidate, nowMs: number): boolean {
  return !ownStanding(candidate, nowMs).isKeptLongest && nowMs - candidate.lastUsedAtMs > IDLE_MS;
}

/** The one of `dependsOn` with the longest chain under it, and how long that is; at the start of a lineage -1. */
function longestUnder(
  dependsOn: readonly SnapshotId[],
  chains: ReadonlyMap<SnapshotId, number>,
): readonly [SnapshotId | null, number] {
  return dependsOn.reduce<readonly [SnapshotId | null, number]>(
    (longest, needed) => ((chains.get(needed) ?? 0) > longest[1] ? [needed, chains.get(needed) ?? 0] : longest),
    [null, -1],
  );
}
