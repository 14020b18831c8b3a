import type { Snapshot, SnapshotId } from './snapshot.ts';

/** What to keep. A snapshot goes when either limit says so; with neither, everything goes. */
export interface EvictionPolicy {
  /** Keep at most this much, the most recently used first. */
  readonly keepBytes?: number;
  /** Remove what was not used for longer than this. */
  readonly olderThanMs?: number;
}

/**
 * Which of all live snapshots, in the order of their publication, to remove with `SnapshotStore.remove`. Pure. A snapshot
 * counts as used when one that depends on it was, so nothing is chosen that a kept one needs.
 */
export function chooseEvictions(all: readonly Snapshot[], policy: EvictionPolicy, nowMs: number): SnapshotId[] {
  const { keepBytes, olderThanMs } = policy;
  if (keepBytes === undefined && olderThanMs === undefined) return all.map(({ id }) => id);
  const used = lastUses(all);
  const lastUse = ({ id, lastUsedAtMs }: Snapshot): number => used.get(id) ?? lastUsedAtMs;
  let keptBytes = 0;
  // The sort is stable: of equally recent ones, those that others may depend on are kept first.
  const recentFirst = [...all].sort((one, other) => lastUse(other) - lastUse(one));
  const going = recentFirst.filter((snapshot) => {
    keptBytes += snapshot.sizeBytes;
    return keptBytes > (keepBytes ?? Infinity) || nowMs - lastUse(snapshot) > (olderThanMs ?? Infinity);
  });
  return going.map(({ id }) => id);
}

/** Each snapshot's last use, by itself or by anything that depends on it: dependents come later in `all`. */
function lastUses(all: readonly Snapshot[]): ReadonlyMap<SnapshotId, number> {
  const used = new Map(all.map(({ id, lastUsedAtMs }) => [id, lastUsedAtMs]));
  for (const { id, dependsOn } of [...all].reverse()) {
    for (const needed of dependsOn) used.set(needed, Math.max(used.get(id) ?? 0, used.get(needed) ?? 0));
  }
  return used;
}
