import type { Observation, ReadSet } from '../fs-tracer/index.ts';
import type { IndexSession } from './cache-index.ts';
import type { SnapshotId } from './snapshot.ts';
import { ownObservations, parentOf } from './snapshot-rows.ts';

/** What a snapshot and all its ancestors observed, sorted by (path, kind). Null where an ancestor is unknown. */
export function lineageObservations(session: IndexSession, id: SnapshotId): ReadSet | null {
  const all = new Map<string, Observation>();
  for (let current: SnapshotId | null = id; current !== null; ) {
    const own = ownObservations(session, current);
    const parent = parentOf(session, current);
    if (own === null || parent === undefined) return null;
    for (const observation of own) all.set(`${observation.path}\0${observation.kind}`, observation);
    current = parent;
  }
  return [...all.values()].sort(byPathAndKind);
}

function byPathAndKind(one: Observation, other: Observation): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.kind < other.kind ? -1 : 1;
}
