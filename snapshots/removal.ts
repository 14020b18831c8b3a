import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { faultPoint } from '../util/fault-point.ts';
import { withCacheErrors } from './cache-errors.ts';
import type { IndexSession } from './cache-index.ts';
import { leasedSnapshots } from './lease-rows.ts';
import { MANIFEST_FILE } from './manifest.ts';
import type { SnapshotId } from './snapshot.ts';
import { bury, isLive } from './snapshot-rows.ts';
import { text } from './sql-row.ts';
import type { Removal } from './store.ts';

/**
 * Buries all of `ids` that nobody uses and nothing that stays depends on. The files go afterwards: after a crash in between
 * a sweep finds folders of tombstones.
 */
export function buryUnused(session: IndexSession, ids: readonly SnapshotId[], nowMs: number): Removal {
  const leased = leasedSnapshots(session, nowMs);
  const going = new Set(ids.filter((id) => isLive(session, id)));
  const kept: Removal['kept'][number][] = [];
  const keep = (id: SnapshotId, why: 'leased' | 'needed'): void => {
    if (going.delete(id)) kept.push({ id, why });
  };
  for (const id of [...going]) if (leased.has(id)) keep(id, 'leased');
  for (let before = -1; before !== going.size; ) {
    before = going.size;
    for (const id of [...going]) if (liveDependents(session, id).some((child) => !going.has(child))) keep(id, 'needed');
  }
  return { removed: bury(session, [...going], 'evicted', nowMs), kept };
}

function liveDependents(session: IndexSession, id: SnapshotId): SnapshotId[] {
  const rows = session.all(
    `SELECT dependency.snapshot FROM dependency JOIN snapshot ON snapshot.id = dependency.snapshot
       WHERE dependency.needs = ? AND snapshot.state = 'live'`,
    id,
  );
  return rows.map((row) => text(row, 'snapshot') as SnapshotId);
}

/** The manifest goes first: a folder that is left half removed must never look complete to a rebuild of the index. */
export function removeFolder(folder: string): void {
  withCacheErrors(folder, () => {
    rmSync(join(folder, MANIFEST_FILE), { force: true });
    faultPoint('evict:manifest-removed');
    rmSync(folder, { recursive: true, force: true });
  });
}
