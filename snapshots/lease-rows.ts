import { randomUUID } from 'node:crypto';

import type { IndexSession } from './cache-index.ts';
import { mayBeAlive, thisProcess } from '../util/process-owner.ts';
import type { SnapshotId } from './snapshot.ts';
import { isLive, withDependencies } from './snapshot-rows.ts';
import { number, text } from './sql-row.ts';

/** Leases the snapshots and all that they need; returns the lease's id, or null where one of them is gone. */
export function insertLease(session: IndexSession, ids: readonly SnapshotId[], nowMs: number): string | null {
  const all = withDependencies(session, ids);
  if (!all.every((id) => isLive(session, id))) return null;
  const lease = randomUUID();
  for (const id of all) {
    session.run(
      'INSERT INTO lease (id, snapshot, owner, taken_at_ms) VALUES (?, ?, ?, ?)',
      ...[lease, id, thisProcess(), nowMs],
    );
  }
  return lease;
}

export function deleteLease(session: IndexSession, lease: string): void {
  session.run('DELETE FROM lease WHERE id = ?', lease);
}

/** What living processes use. Leases of dead ones are dropped on the way: call it in a write. */
export function leasedSnapshots(session: IndexSession, nowMs: number): ReadonlySet<SnapshotId> {
  const leased = new Set<SnapshotId>();
  for (const row of session.all('SELECT owner, max(taken_at_ms) AS taken FROM lease GROUP BY owner')) {
    const owner = text(row, 'owner');
    if (!mayBeAlive(owner, nowMs - number(row, 'taken'))) session.run('DELETE FROM lease WHERE owner = ?', owner);
  }
  for (const row of session.all('SELECT DISTINCT snapshot FROM lease')) leased.add(text(row, 'snapshot') as SnapshotId);
  return leased;
}
