import { type EvictionCandidate, inheritedStandings, ownStanding } from './eviction.ts';
import type { SnapshotId } from './snapshot.ts';

/** When a snapshot's state should be rewritten to stand on less. */
export interface DetachmentPolicy {
  /** The longest chain of snapshots under one whose files need each other. */
  readonly longestChain: number;
  /** Whether space is wanted: then also where parents are kept for nothing but their children. */
  readonly isFreeing: boolean;
}

/** With fewer idle parents than this, a rewritten child takes as much as it frees. */
const FEWEST_IDLE = 2;
/** A parent that was not used for so long, and is not kept for its own sake, is idle. */
const IDLE_MS = 3_600_000;

/**
 * The next snapshot to rewrite, of all live ones in the order of their publication; null where there is none. Pure. The ones
 * nearest to the start come first: what depends on a rewritten one stands on less then, too.
 */
export function chooseDetachment(
  all: readonly EvictionCandidate[],
  policy: DetachmentPolicy,
  nowMs: number,
  tried: ReadonlySet<SnapshotId>,
): SnapshotId | null {
  const chains = new Map<SnapshotId, number>();
  const idleBelow = new Map<SnapshotId, ReadonlySet<SnapshotId>>();
  const inherited = inheritedStandings(all, nowMs);
  for (const { id, dependsOn, ...rest } of all) {
    const isIdle = !ownStanding({ id, dependsOn, ...rest }, nowMs).isKeptLongest && nowMs - rest.lastUsedAtMs > IDLE_MS;
    const isKept = inherited.get(id)?.isKeptLongest === true;
    const below = new Set(dependsOn.flatMap((needed) => [...(idleBelow.get(needed) ?? [])]));
    const chain = 1 + Math.max(-1, ...dependsOn.map((needed) => chains.get(needed) ?? 0));
    const isWanted =
      chain > policy.longestChain || (policy.isFreeing && !isIdle && isKept && below.size >= FEWEST_IDLE);
    if (isWanted && !tried.has(id)) return id;
    chains.set(id, isWanted ? 1 : chain);
    // The start of a lineage stays under whatever is rewritten.
    idleBelow.set(id, isIdle && dependsOn.length > 0 ? new Set([...below, id]) : below);
  }
  return null;
}
