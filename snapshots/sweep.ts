import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { withCacheErrors } from './cache-errors.ts';
import type { CacheIndex, IndexSession } from './cache-index.ts';
import { burySuperseded, forgetFailedStates } from './failed-states.ts';
import { leasedSnapshots } from './lease-rows.ts';
import { mayBeAlive } from '../util/process-owner.ts';
import { removeFolder } from './removal.ts';
import { isSnapshotId, type SnapshotId } from './snapshot.ts';
import { number, text } from './sql-row.ts';

/** A folder that the index knows nothing of may be in the making by a process whose index was replaced under it. */
const UNKNOWN_GRACE_MS = 3_600_000;

/** Tombstones explain misses for this long; those that live snapshots descend from stay. */
const TOMBSTONE_LIFE_MS = 30 * 24 * 3_600_000;

/** Removes what dead processes and interrupted removals left in `folder`; returns the names of the removed folders. */
export function sweepFolder(index: CacheIndex, folder: string, nowMs: number): string[] {
  // The names first: what is begun after this is not among them, what was begun before it is in the index.
  const names = withCacheErrors(folder, () => readdirSync(folder)).filter(isSnapshotId);
  const known = index.write('relaxed', (session) => takeStock(session, nowMs));
  const dead = names.filter((name) => !known.wanted.has(name) && (known.dead.has(name) || isOld(folder, name, nowMs)));
  for (const name of dead) removeFolder(join(folder, name));
  index.write('relaxed', (session) => forgetDead(session, known.deadPending, nowMs));
  return dead;
}

interface Stock {
  readonly wanted: ReadonlySet<string>;
  readonly dead: ReadonlySet<string>;
  readonly deadPending: readonly string[];
}

function takeStock(session: IndexSession, nowMs: number): Stock {
  const leased = leasedSnapshots(session, nowMs);
  burySuperseded(session, leased, nowMs);
  const wanted = new Set<string>(leased);
  const dead = new Set<string>();
  const deadPending: string[] = [];
  for (const row of session.all('SELECT id, state FROM snapshot')) {
    (text(row, 'state') === 'live' ? wanted : dead).add(text(row, 'id'));
  }
  for (const row of session.all('SELECT id, owner, started_at_ms FROM pending')) {
    const id = text(row, 'id');
    if (mayBeAlive(text(row, 'owner'), nowMs - number(row, 'started_at_ms'))) wanted.add(id);
    else deadPending.push(id);
  }
  for (const id of deadPending) dead.add(id);
  return { wanted, dead, deadPending };
}

function isOld(folder: string, name: SnapshotId, nowMs: number): boolean {
  const changedAtMs = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
  return nowMs - changedAtMs > UNKNOWN_GRACE_MS;
}

function forgetDead(session: IndexSession, deadPending: readonly string[], nowMs: number): void {
  for (const id of deadPending) session.run('DELETE FROM pending WHERE id = ?', id);
  const old = session.all(
    `SELECT id, weak, path_set FROM snapshot AS old WHERE state <> 'live' AND (removed_at_ms < ? OR weak = '')
       AND NOT EXISTS (SELECT 1 FROM snapshot AS child WHERE child.parent = old.id)`,
    nowMs - TOMBSTONE_LIFE_MS,
  );
  forgetFailedStates(session);
  for (const row of old) forgetTombstone(session, text(row, 'id'), text(row, 'weak'), number(row, 'path_set'));
}

/** What a restore of it saved, the steps above it saved as well: their count of restores keeps its share. */
function forgetTombstone(session: IndexSession, id: string, weak: string, pathSet: number): void {
  session.run(
    `UPDATE snapshot SET hits = snapshot.hits + old.hits FROM snapshot AS old WHERE old.id = ? AND snapshot.id = old.parent`,
    id,
  );
  session.run('DELETE FROM snapshot WHERE id = ?', id);
  session.run('DELETE FROM dependency WHERE snapshot = ?', id);
  session.run('DELETE FROM child_span WHERE parent = ?', id);
  session.run(
    `DELETE FROM weak_path_set WHERE weak = ?1 AND path_set = ?2
       AND NOT EXISTS (SELECT 1 FROM snapshot WHERE path_set = ?2 AND weak = ?1)`,
    ...[weak, pathSet],
  );
  session.run(
    'DELETE FROM path_set WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM snapshot WHERE path_set = ?1)',
    pathSet,
  );
}
