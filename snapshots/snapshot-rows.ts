import { hash } from 'node:crypto';

import type { PathSet, ReadSet } from '../fs-tracer/index.ts';
import { IndexDamage } from './cache-errors.ts';
import type { IndexSession } from './cache-index.ts';
import type { WeakFingerprint } from './fingerprint.ts';
import type { Manifest } from './manifest.ts';
import { decodePathSet, decodeReadSet, type EncodedReadSet } from './read-set-codec.ts';
import type { JsonValue, Snapshot, SnapshotId } from './snapshot.ts';
import { bytes, json, number, type SqlRow, text, textOrNull } from './sql-row.ts';

/** A snapshot as the index has it: the store adds the folder. */
export type SnapshotRow = Omit<Snapshot, 'folder'>;

export function insertSnapshot(session: IndexSession, manifest: Manifest, readSet: EncodedReadSet): void {
  const pathSet = pathSetRow(session, readSet.pathSet);
  const { id, parent, weak, strong, sizeBytes, durationMs, createdAtMs, label, payload } = manifest;
  session.run(
    `INSERT INTO snapshot (id, state, parent, weak, strong, path_set, size_bytes, duration_ms, created_at_ms,
       last_used_at_ms, label, payload, digests) VALUES (?, 'live', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[id, parent, weak, strong, pathSet, sizeBytes, durationMs, createdAtMs, createdAtMs],
    ...[label, JSON.stringify(payload), readSet.digests],
  );
  if (manifest.failed !== true) insertKey(session, manifest, pathSet);
  for (const needed of manifest.dependsOn) {
    session.run('INSERT OR IGNORE INTO dependency (snapshot, needs) VALUES (?, ?)', id, needed);
  }
}

/** Lets look-ups find the row that was inserted last. */
function insertKey(session: IndexSession, { weak, parent, span }: Manifest, pathSet: number): void {
  session.run(
    `INSERT INTO weak_path_set (weak, path_set, newest_seq) VALUES (?, ?, last_insert_rowid())
       ON CONFLICT (weak, path_set) DO UPDATE SET newest_seq = excluded.newest_seq`,
    ...[weak, pathSet],
  );
  session.run('INSERT OR IGNORE INTO child_span (parent, span) VALUES (?, ?)', parent ?? '', span);
  if (parent !== null) noteDescendant(session, parent);
}

/** The newest snapshot was published below `ancestor`: its path set, and those of all above, are as new as that. */
function noteDescendant(session: IndexSession, ancestor: SnapshotId): void {
  session.run(
    `WITH RECURSIVE above (id, parent, weak, path_set) AS (
       SELECT id, parent, weak, path_set FROM snapshot WHERE id = ?
       UNION ALL
       SELECT snapshot.id, snapshot.parent, snapshot.weak, snapshot.path_set
         FROM snapshot JOIN above ON snapshot.id = above.parent)
     UPDATE weak_path_set SET newest_seq = (SELECT max(seq) FROM snapshot)
       WHERE (weak, path_set) IN (SELECT weak, path_set FROM above)`,
    ancestor,
  );
}

function pathSetRow(session: IndexSession, body: Uint8Array): number {
  const sha256 = hash('sha256', body);
  session.run('INSERT OR IGNORE INTO path_set (sha256, body) VALUES (?, ?)', sha256, body);
  const row = session.first('SELECT id FROM path_set WHERE sha256 = ?', sha256);
  if (row === null) throw new Error('Internal error: a path set just stored is not there');
  return number(row, 'id');
}

const COLUMNS = 'id, parent, size_bytes, duration_ms, created_at_ms, last_used_at_ms, label, payload';

export function liveSnapshot(session: IndexSession, id: SnapshotId): SnapshotRow | null {
  const row = session.first(`SELECT ${COLUMNS} FROM snapshot WHERE id = ? AND state = 'live'`, id);
  return row === null ? null : snapshotFrom(session, row);
}

export function liveSnapshots(session: IndexSession): SnapshotRow[] {
  const rows = session.all(`SELECT ${COLUMNS} FROM snapshot WHERE state = 'live' ORDER BY seq`);
  return rows.map((row) => snapshotFrom(session, row));
}

function snapshotFrom(session: IndexSession, row: SqlRow): SnapshotRow {
  const id = text(row, 'id') as SnapshotId;
  const needed = session.all('SELECT needs FROM dependency WHERE snapshot = ? ORDER BY needs', id);
  return {
    id,
    parent: textOrNull(row, 'parent') as SnapshotId | null,
    dependsOn: needed.map((dependency) => text(dependency, 'needs') as SnapshotId),
    label: text(row, 'label'),
    payload: json(row, 'payload') as JsonValue,
    durationMs: number(row, 'duration_ms'),
    sizeBytes: number(row, 'size_bytes'),
    createdAtMs: number(row, 'created_at_ms'),
    lastUsedAtMs: number(row, 'last_used_at_ms'),
  };
}

export function isKnown(session: IndexSession, id: SnapshotId): boolean {
  return session.first('SELECT 1 FROM snapshot WHERE id = ?', id) !== null;
}

export function isLive(session: IndexSession, id: SnapshotId): boolean {
  return session.first("SELECT 1 FROM snapshot WHERE id = ? AND state = 'live'", id) !== null;
}

/** Of all that were ever published here; 0 where none was. */
export function newestSeq(session: IndexSession): number {
  return Number(session.first('SELECT max(seq) AS newest FROM snapshot')?.['newest'] ?? 0);
}

export function totalSizeBytes(session: IndexSession): number {
  const row = session.first("SELECT coalesce(sum(size_bytes), 0) AS total FROM snapshot WHERE state = 'live'");
  return row === null ? 0 : number(row, 'total');
}

/** What a snapshot's own steps observed first; tombstones have it too. Null for an unknown id. */
export function ownObservations(session: IndexSession, id: SnapshotId): ReadSet | null {
  const row = session.first(
    'SELECT digests, body FROM snapshot JOIN path_set ON path_set.id = snapshot.path_set WHERE snapshot.id = ?',
    id,
  );
  return row === null ? null : readSetFrom(decodeStoredPathSet(bytes(row, 'body')), bytes(row, 'digests'));
}

export function decodeStoredPathSet(body: Uint8Array): PathSet {
  const paths = decodePathSet(body);
  if (paths === null) throw new IndexDamage('A path set that cannot be read');
  return paths;
}

export function readSetFrom(paths: PathSet, digests: Uint8Array): ReadSet {
  const readSet = decodeReadSet(paths, digests);
  if (readSet === null) throw new IndexDamage('Digests that do not fit their path set');
  return readSet;
}

/** Null for an unknown id. */
export function weakOfSnapshot(session: IndexSession, id: SnapshotId): WeakFingerprint | null {
  const row = session.first('SELECT weak FROM snapshot WHERE id = ?', id);
  return row === null ? null : (text(row, 'weak') as WeakFingerprint);
}

/** Also of a tombstone; null for an unknown id. */
export function durationOf(session: IndexSession, id: SnapshotId | null): number | null {
  const row = session.first('SELECT duration_ms FROM snapshot WHERE id = ?', id);
  return row === null ? null : number(row, 'duration_ms');
}

/** Null at the start of a lineage; undefined for an unknown id. */
export function parentOf(session: IndexSession, id: SnapshotId): SnapshotId | null | undefined {
  const row = session.first('SELECT parent FROM snapshot WHERE id = ?', id);
  return row === null ? undefined : (textOrNull(row, 'parent') as SnapshotId | null);
}

/** The given snapshots and everything whose files they need, directly or not. */
export function withDependencies(session: IndexSession, ids: readonly SnapshotId[]): SnapshotId[] {
  return closure(session, ids, 'SELECT dependency.needs FROM dependency JOIN found ON dependency.snapshot = found.id');
}

/** The given snapshots and everything whose files need theirs, directly or not. */
export function withDependents(session: IndexSession, ids: readonly SnapshotId[]): SnapshotId[] {
  return closure(session, ids, 'SELECT dependency.snapshot FROM dependency JOIN found ON dependency.needs = found.id');
}

function closure(session: IndexSession, ids: readonly SnapshotId[], step: string): SnapshotId[] {
  const rows = session.all(
    `WITH RECURSIVE found (id) AS (SELECT value FROM json_each(?) UNION ${step}) SELECT id FROM found`,
    JSON.stringify(ids),
  );
  return rows.map((row) => text(row, 'id') as SnapshotId);
}

/** Turns live snapshots into tombstones; returns those that were live. */
export function bury(session: IndexSession, ids: readonly SnapshotId[], state: 'evicted' | 'damaged', nowMs: number) {
  return ids.filter(
    (id) =>
      session.run(
        "UPDATE snapshot SET state = ?, removed_at_ms = ? WHERE id = ? AND state = 'live'",
        ...[state, nowMs, id],
      ) > 0,
  );
}
