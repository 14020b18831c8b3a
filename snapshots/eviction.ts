import type { Snapshot, SnapshotId } from './snapshot.ts';

/** What to keep. A snapshot goes when either limit says so; with neither, everything goes. */
export interface EvictionPolicy {
  /** Keep at most this much: what is kept longest first, then the most recently used. */
  readonly keepBytes?: number;
  /** Remove what was not used for longer than this. */
  readonly olderThanMs?: number;
}

/** What eviction goes by. */
export interface EvictionCandidate
  extends Pick<Snapshot, 'id' | 'dependsOn' | 'sizeBytes' | 'createdAtMs' | 'lastUsedAtMs'> {
  /** Whether it is the newest live one of its step. */
  readonly isNewest: boolean;
  /** Whether it is the machine that a failing step left: nothing is gained by it but a look, so it goes first of all. */
  readonly isFailed: boolean;
}

/** Kept longest: what was made just now, since the runs of now build on it … */
const FRESH_MS = 10 * 60_000;
/** … and the newest of a step, as long as anybody works on it: that of a folder long gone counts like any other. */
const CURRENT_MS = 7 * 24 * 3_600_000;

/** How a snapshot is placed against others. Greater is kept longer. */
export interface Standing {
  readonly isFailed: boolean;
  readonly isKeptLongest: boolean;
  readonly usedAtMs: number;
}

/**
 * Which of all live snapshots, in the order of their publication, to remove with `SnapshotStore.remove`. Pure. A snapshot
 * stands as high as the highest that depends on it, so nothing is chosen that a kept one needs.
 */
export function chooseEvictions(
  all: readonly EvictionCandidate[],
  policy: EvictionPolicy,
  nowMs: number,
): SnapshotId[] {
  const { keepBytes, olderThanMs } = policy;
  if (keepBytes === undefined && olderThanMs === undefined) return all.map(({ id }) => id);
  const standings = inheritedStandings(all, nowMs);
  const standingOf = (candidate: EvictionCandidate): Standing =>
    standings.get(candidate.id) ?? ownStanding(candidate, nowMs);
  let keptBytes = 0;
  // The sort is stable: of equal ones, those that others may depend on are kept first.
  const bestFirst = [...all].sort((one, other) => compareStandings(standingOf(other), standingOf(one)));
  const going = bestFirst.filter((candidate) => {
    keptBytes += candidate.sizeBytes;
    return keptBytes > (keepBytes ?? Infinity) || nowMs - standingOf(candidate).usedAtMs > (olderThanMs ?? Infinity);
  });
  return going.map(({ id }) => id);
}

/** Without what depends on it. */
export function ownStanding(candidate: EvictionCandidate, nowMs: number): Standing {
  const { createdAtMs, lastUsedAtMs, isNewest, isFailed } = candidate;
  const isWanted = nowMs - createdAtMs <= FRESH_MS || (isNewest && nowMs - lastUsedAtMs <= CURRENT_MS);
  return { isFailed, isKeptLongest: isWanted && !isFailed, usedAtMs: lastUsedAtMs };
}

/** Each snapshot's standing, by itself or by anything that depends on it: dependents come later in `all`. */
export function inheritedStandings(
  all: readonly EvictionCandidate[],
  nowMs: number,
): ReadonlyMap<SnapshotId, Standing> {
  const standings = new Map(all.map((candidate) => [candidate.id, ownStanding(candidate, nowMs)]));
  for (const { id, dependsOn } of [...all].reverse()) {
    const own = standings.get(id);
    if (own === undefined) continue;
    for (const needed of dependsOn) standings.set(needed, higher(own, standings.get(needed) ?? own));
  }
  return standings;
}

function higher(one: Standing, other: Standing): Standing {
  return {
    isFailed: one.isFailed && other.isFailed,
    isKeptLongest: one.isKeptLongest || other.isKeptLongest,
    usedAtMs: Math.max(one.usedAtMs, other.usedAtMs),
  };
}

function compareStandings(one: Standing, other: Standing): number {
  if (one.isFailed !== other.isFailed) return one.isFailed ? -1 : 1;
  return Number(one.isKeptLongest) - Number(other.isKeptLongest) || one.usedAtMs - other.usedAtMs;
}
