import type { Observation, ReadSet } from '../fs-tracer/index.ts';
import type { IndexSession } from './cache-index.ts';
import type { JsonValue, SnapshotId } from './snapshot.ts';
import { ownObservations, parentOf } from './snapshot-rows.ts';
import { text } from './sql-row.ts';

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

/** What the owner of the lineage's first snapshot stored with it. Null where part of the lineage is unknown. */
export function originPayload(session: IndexSession, id: SnapshotId): JsonValue | null {
  const row = session.first(
    `WITH RECURSIVE above (id, parent, payload) AS (
       SELECT id, parent, payload FROM snapshot WHERE id = ?
       UNION ALL
       SELECT snapshot.id, snapshot.parent, snapshot.payload FROM snapshot JOIN above ON snapshot.id = above.parent)
     SELECT payload FROM above WHERE parent IS NULL`,
    id,
  );
  return row === null ? null : (JSON.parse(text(row, 'payload')) as JsonValue);
}

function byPathAndKind(one: Observation, other: Observation): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.kind < other.kind ? -1 : 1;
}
