import type { ListedSnapshot, SnapshotList } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import { formatDuration } from '../../util/duration.ts';
import { keepStorage } from '../keep-storage.ts';
import { formatSize } from '../size.ts';
import type { Surroundings } from '../surroundings.ts';
import { counted } from '../../util/counted.ts';
import { snapshotTable } from './snapshot-table.ts';
import { tableStyle } from './table-style.ts';

export type SnapshotsArguments =
  | { readonly action: 'list'; readonly json: boolean }
  | { readonly action: 'verify'; readonly json: boolean; readonly ids: readonly string[] };

/** `layer snapshots`: lists them; `layer snapshots verify` checks them. Resolves to the exit code. */
export async function snapshots(
  request: SnapshotsArguments,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  if (request.action === 'verify') {
    const { verify } = await import('./verify-snapshots.ts');
    return await verify(request, surroundings, signal);
  }
  const { environment, stdout } = surroundings;
  const { listSnapshots } = await surroundings.loadRunner();
  const list = await listSnapshots({ home: layerHome(environment), keepBytes: keepStorage(environment) });
  stdout.write(request.json ? jsonLines(list) : table(list, surroundings));
  return 0;
}

function table(list: SnapshotList, surroundings: Surroundings): string {
  if (list.snapshots.length === 0) return 'No snapshots. `layer run` makes them.\n';
  const lines = snapshotTable(list.snapshots, tableStyle(surroundings));
  return `${[...lines, ...summary(list)].join('\n')}\n`;
}

function summary({ snapshots: all, sizeBytes, keepBytes }: SnapshotList): readonly string[] {
  const savedMs = all.reduce((sum, snapshot) => sum + savedBy(snapshot), 0);
  const stored = `${counted(all.length, 'snapshot')}, ${formatSize(sizeBytes)} of at most ${formatSize(keepBytes)}`;
  return [savedMs === 0 ? stored : `${stored}; restoring them has saved ${formatDuration(savedMs)}`];
}

function savedBy({ hits, durationMs, isFailed }: ListedSnapshot): number {
  return isFailed ? 0 : hits * durationMs;
}

function jsonLines(list: SnapshotList): string {
  const lines = list.snapshots.map((snapshot) => ({ event: 'snapshot', ...jsonSnapshot(snapshot) }));
  const { sizeBytes, keepBytes } = list;
  const savedMs = Math.round(list.snapshots.reduce((sum, snapshot) => sum + savedBy(snapshot), 0));
  const result = { event: 'result', snapshots: lines.length, sizeBytes, keepBytes, savedMs };
  return [...lines, result].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function jsonSnapshot(snapshot: ListedSnapshot): Readonly<Record<string, unknown>> {
  const { id, label, step, sizeBytes, createdAtMs, usedAtMs, hits, durationMs, parent, dependsOn } = snapshot;
  return {
    id,
    instruction: label,
    workspace: step?.workspace ?? null,
    layerfile: step?.layerfile ?? null,
    step: step?.number ?? null,
    sizeBytes,
    created: new Date(createdAtMs).toISOString(),
    lastUsed: new Date(usedAtMs).toISOString(),
    hits,
    durationMs: Math.round(durationMs),
    savedMs: Math.round(savedBy(snapshot)),
    parent,
    dependsOn,
    newest: snapshot.isNewest,
    inUse: snapshot.isInUse,
    packed: snapshot.isPacked,
    failed: snapshot.isFailed,
  };
}
