import type { IndexSession } from './cache-index.ts';
import type { WeakFingerprint } from './fingerprint.ts';
import type { HistoryKey, SnapshotId } from './snapshot.ts';
import { json, text, textOrNull } from './sql-row.ts';

/** What a step's last completed run left behind. */
export interface HistoryRow {
  readonly weak: WeakFingerprint;
  readonly label: string;
  readonly snapshot: SnapshotId | null;
  /** Why it left no snapshot: the paths that changed while it ran. Null where it did leave one. */
  readonly unpublishable: readonly string[] | null;
}

export function historyRow(session: IndexSession, key: HistoryKey): HistoryRow | null {
  const row = session.first(
    `SELECT weak, label, snapshot, unpublishable FROM step_history
       WHERE workspace = ? AND layerfile = ? AND step = ?`,
    ...[key.workspace, key.layerfile, key.step],
  );
  if (row === null) return null;
  const unpublishable = textOrNull(row, 'unpublishable');
  return {
    weak: text(row, 'weak') as WeakFingerprint,
    label: text(row, 'label'),
    snapshot: textOrNull(row, 'snapshot') as SnapshotId | null,
    unpublishable: unpublishable === null ? null : (json(row, 'unpublishable') as readonly string[]),
  };
}

/** A run that could not be saved keeps the former snapshot in the history: RUN REPEATABLE may still start from it. */
export function rememberRun(session: IndexSession, key: HistoryKey, run: HistoryRow): void {
  session.run(
    `INSERT INTO step_history (workspace, layerfile, step, weak, label, snapshot, unpublishable)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (workspace, layerfile, step) DO UPDATE SET weak = excluded.weak, label = excluded.label,
         snapshot = coalesce(excluded.snapshot, snapshot), unpublishable = excluded.unpublishable`,
    ...[key.workspace, key.layerfile, key.step, run.weak, run.label, run.snapshot],
    run.unpublishable === null ? null : JSON.stringify(run.unpublishable),
  );
}
