import type { ReadSet } from '../fs-tracer/index.ts';
import { IndexDamage } from './cache-errors.ts';
import type { IndexSession } from './cache-index.ts';
import type { StrongFingerprint, WeakFingerprint } from './fingerprint.ts';
import type { SnapshotId } from './snapshot.ts';
import { decodeStoredPathSet, readSetFrom } from './snapshot-rows.ts';
import { bytes, number, text } from './sql-row.ts';

/** Path sets evaluated for one weak fingerprint, newest first: a step that never reads the same twice stays cheap. */
const PATH_SETS_LIMIT = 16;

/** Snapshots of one key that are followed (forced runs leave several), and read sets of one path set that are compared. */
const EQUALS_LIMIT = 8;
const CANDIDATES_LIMIT = 4;

export interface StoredPathSet {
  /** Identifies it in this index: many keys share one, and it is decoded and digested once. */
  readonly row: number;
  /** Identifies it anywhere: hex sha-256 of its body. */
  readonly sha256: string;
  /** No snapshot under the weak fingerprint with this path set, nor any below such a one, is newer (has a greater `seq`). */
  readonly newestSeq: number;
  /** Reads it. */
  readonly body: () => Uint8Array;
}

/** A snapshot whose key holds. A tombstone (`live` false) carries the keys of its children, but cannot be restored. */
export interface KeyedSnapshot {
  readonly id: SnapshotId;
  /** Greater is newer. */
  readonly seq: number;
  readonly live: boolean;
}

export interface Candidate {
  readonly seq: number;
  readonly readSet: ReadSet;
}

/** Over how many steps the children of `parent` reach, ascending. */
export function childSpans(session: IndexSession, parent: SnapshotId | null): number[] {
  const rows = session.all('SELECT span FROM child_span WHERE parent = ? ORDER BY span', parent ?? '');
  return rows.map((row) => number(row, 'span'));
}

/** The distinct path sets under a weak fingerprint, the most recently used first. */
export function pathSetsUnder(session: IndexSession, weak: WeakFingerprint): StoredPathSet[] {
  const rows = session.all(
    `SELECT path_set.id, path_set.sha256, weak_path_set.newest_seq
       FROM weak_path_set JOIN path_set ON path_set.id = weak_path_set.path_set
       WHERE weak_path_set.weak = ? ORDER BY weak_path_set.newest_seq DESC LIMIT ${PATH_SETS_LIMIT}`,
    weak,
  );
  return rows.map((found) => {
    const row = number(found, 'id');
    return {
      row,
      sha256: text(found, 'sha256'),
      newestSeq: number(found, 'newest_seq'),
      body: () => bodyOf(session, row),
    };
  });
}

function bodyOf(session: IndexSession, row: number): Uint8Array {
  const found = session.first('SELECT body FROM path_set WHERE id = ?', row);
  if (found === null) throw new IndexDamage('A path set that is gone');
  return bytes(found, 'body');
}

/** Live ones first, then tombstones; the newest of each first. */
export function snapshotsWithKey(
  session: IndexSession,
  weak: WeakFingerprint,
  strong: StrongFingerprint,
): KeyedSnapshot[] {
  const inState = (state: string): string => `SELECT * FROM (SELECT id, seq, state FROM snapshot
    WHERE weak = ?1 AND strong = ?2 AND state = '${state}' ORDER BY seq DESC LIMIT ${EQUALS_LIMIT})`;
  const query = `${inState('live')} UNION ALL ${inState('evicted')} UNION ALL ${inState('damaged')}`;
  return session.all(query, weak, strong).map((row) => ({
    id: text(row, 'id') as SnapshotId,
    seq: number(row, 'seq'),
    live: text(row, 'state') === 'live',
  }));
}

/** The newest read sets stored for a path set under a weak fingerprint. */
export function newestCandidates(session: IndexSession, weak: WeakFingerprint, pathSet: StoredPathSet): Candidate[] {
  const paths = decodeStoredPathSet(pathSet.body());
  const rows = session.all(
    `SELECT seq, digests FROM snapshot WHERE path_set = ? AND weak = ? ORDER BY seq DESC LIMIT ${CANDIDATES_LIMIT}`,
    ...[pathSet.row, weak],
  );
  return rows.map((row) => ({ seq: number(row, 'seq'), readSet: readSetFrom(paths, bytes(row, 'digests')) }));
}
