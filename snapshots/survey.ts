import type { CacheIndex, IndexSession } from './cache-index.ts';
import { failedStates } from './failed-states.ts';
import { leasedSnapshots } from './lease-rows.ts';
import { readManifest } from './manifest.ts';
import { liveSnapshots } from './snapshot-rows.ts';
import type { HistoryKey, Snapshot, SnapshotId } from './snapshot.ts';
import { number, text, textOrNull } from './sql-row.ts';

/** A live snapshot with what listings and upkeep go by. */
export interface SurveyedSnapshot extends Snapshot {
  /** Whose it was when it was made; null where its manifest cannot be read. */
  readonly history: HistoryKey | null;
  /** Whether it is the newest live one of its step. */
  readonly isNewest: boolean;
  /** Restores of it, or of a snapshot further down in its lineage: how often its step did not have to run. */
  readonly hits: number;
  /** Of it, or of a snapshot that depends on it. */
  readonly usedAtMs: number;
  /** Whether a living process has leased it. */
  readonly isInUse: boolean;
  /** Whether it is the machine that a failing step left. */
  readonly isFailed: boolean;
  /** Whether some of its files are kept packed. */
  readonly isPacked: boolean;
}

/** All live snapshots in the order of their publication. Reads every manifest. */
export function surveySnapshots(index: CacheIndex, folderOf: (id: SnapshotId) => string, nowMs: number) {
  const { rows, failed, hits, leased } = index.write('relaxed', (session) => ({
    rows: liveSnapshots(session),
    failed: failedStates(session),
    hits: hitsBelow(session),
    leased: leasedSnapshots(session, nowMs),
  }));
  const used = lastUses(rows);
  const newest = new Map<string, SnapshotId>();
  const details = rows.map((row) => {
    const reading = readManifest(folderOf(row.id));
    const manifest = reading.kind === 'manifest' ? reading.manifest : null;
    if (manifest !== null && !failed.has(row.id)) newest.set(stepName(manifest.history), row.id);
    return {
      history: manifest?.history ?? null,
      isPacked: manifest?.files.some(({ packed }) => packed !== undefined && packed !== null) === true,
    };
  });
  return rows.map((row, position): SurveyedSnapshot => {
    const { history = null, isPacked = false } = details[position] ?? {};
    return {
      ...row,
      folder: folderOf(row.id),
      history,
      isPacked,
      isFailed: failed.has(row.id),
      isNewest: history !== null && newest.get(stepName(history)) === row.id,
      hits: hits.get(row.id) ?? 0,
      usedAtMs: used.get(row.id) ?? row.lastUsedAtMs,
      isInUse: leased.has(row.id),
    };
  });
}

function stepName({ workspace, layerfile, step }: HistoryKey): string {
  return [workspace, layerfile, step].join('\0');
}

/** Children come after their parents, and count for them; removed ones as well. */
function hitsBelow(session: IndexSession): ReadonlyMap<SnapshotId, number> {
  const hits = new Map<SnapshotId, number>();
  for (const row of session.all('SELECT id, parent, hits FROM snapshot ORDER BY seq DESC')) {
    const id = text(row, 'id') as SnapshotId;
    const parent = textOrNull(row, 'parent') as SnapshotId | null;
    const own = (hits.get(id) ?? 0) + number(row, 'hits');
    hits.set(id, own);
    if (parent !== null) hits.set(parent, (hits.get(parent) ?? 0) + own);
  }
  return hits;
}

/** Each snapshot's last use, by itself or by anything that depends on it: dependents come later. */
function lastUses(all: readonly Pick<Snapshot, 'id' | 'dependsOn' | 'lastUsedAtMs'>[]): Map<SnapshotId, number> {
  const used = new Map(all.map(({ id, lastUsedAtMs }) => [id, lastUsedAtMs]));
  for (const { id, dependsOn } of [...all].reverse()) {
    for (const needed of dependsOn) used.set(needed, Math.max(used.get(id) ?? 0, used.get(needed) ?? 0));
  }
  return used;
}
