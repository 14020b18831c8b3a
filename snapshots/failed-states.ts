import type { IndexSession } from './cache-index.ts';
import { NO_KEY } from './fingerprint.ts';
import type { HistoryKey, SnapshotId } from './snapshot.ts';
import { bury } from './snapshot-rows.ts';
import { text } from './sql-row.ts';

/*
 * A failed state is the machine as a failing step left it: stored, checked and leased like any snapshot, but without a key
 * (`weak` is NO_KEY), so that no look-up comes to it and nothing goes on from it. Of each step the newest one stays.
 */

/** Makes it the newest of its step. The former one is superseded from then on. */
export function noteFailedState(
  session: IndexSession,
  { workspace, layerfile, step }: HistoryKey,
  id: SnapshotId,
): void {
  session.run(
    `INSERT INTO failed_state (workspace, layerfile, step, snapshot) VALUES (?, ?, ?, ?)
       ON CONFLICT (workspace, layerfile, step) DO UPDATE SET snapshot = excluded.snapshot`,
    ...[workspace, layerfile, step, id],
  );
}

/** The newest of a step, live or not; null where there was none. */
export function failedStateOf(session: IndexSession, { workspace, layerfile, step }: HistoryKey): SnapshotId | null {
  const row = session.first(
    'SELECT snapshot FROM failed_state WHERE workspace = ? AND layerfile = ? AND step = ?',
    ...[workspace, layerfile, step],
  );
  return row === null ? null : (text(row, 'snapshot') as SnapshotId);
}

export function isFailedState(session: IndexSession, id: SnapshotId): boolean {
  return session.first('SELECT 1 FROM snapshot WHERE id = ? AND weak = ?', id, NO_KEY) !== null;
}

/** All live ones. */
export function failedStates(session: IndexSession): ReadonlySet<SnapshotId> {
  const rows = session.all("SELECT id FROM snapshot WHERE weak = ? AND state = 'live'", NO_KEY);
  return new Set(rows.map((row) => text(row, 'id') as SnapshotId));
}

/** Buries those that newer ones have taken the place of while somebody used them, and that nobody uses now. */
export function burySuperseded(session: IndexSession, leased: ReadonlySet<SnapshotId>, nowMs: number): void {
  const rows = session.all(
    `SELECT id FROM snapshot WHERE weak = ? AND state = 'live' AND id NOT IN (SELECT snapshot FROM failed_state)`,
    NO_KEY,
  );
  const superseded = rows.map((row) => text(row, 'id') as SnapshotId).filter((id) => !leased.has(id));
  bury(session, superseded, 'evicted', nowMs);
}

/** Forgets which the newest ones were, of those that are gone. */
export function forgetFailedStates(session: IndexSession): void {
  session.run("DELETE FROM failed_state WHERE snapshot NOT IN (SELECT id FROM snapshot WHERE state = 'live')");
}
