import { layerHome } from '../../util/layer-home.ts';
import type { ListedCache } from '../../runner/index.ts';
import { formatSize } from '../size.ts';
import { printableLine } from '../printable-text.ts';
import type { Surroundings } from '../surroundings.ts';

export interface PruneRequest {
  readonly json: boolean;
  readonly dryRun: boolean;
}

/** `layer prune --caches`: lists what CACHE has kept, and removes it. Resolves to the exit code. */
export async function prune(request: PruneRequest, surroundings: Surroundings): Promise<number> {
  const { pruneCaches } = await surroundings.loadRunner();
  const caches = pruneCaches({ home: layerHome(surroundings.environment), dryRun: request.dryRun });
  surroundings.stdout.write(request.json ? jsonLines(caches, request) : table(caches, request));
  return 0;
}

function jsonLines(caches: readonly ListedCache[], { dryRun }: PruneRequest): string {
  const lines = caches.map(({ identity, sizeBytes, lastUsedAtMs }) => ({
    event: 'cache',
    repository: identity?.repository ?? null,
    folder: identity?.folder ?? null,
    sizeBytes,
    lastUsed: lastUsedAtMs === 0 ? null : new Date(lastUsedAtMs).toISOString(),
    removed: !dryRun,
  }));
  const result = { event: 'result', caches: caches.length, sizeBytes: totalBytes(caches), removed: !dryRun };
  return [...lines, result].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function table(caches: readonly ListedCache[], { dryRun }: PruneRequest): string {
  if (caches.length === 0) return 'No caches are stored.\n';
  const rows = caches.map(({ identity, sizeBytes, lastUsedAtMs }) => [
    printableLine(identity?.folder ?? '(unknown)'),
    printableLine(identity?.repository ?? '(unknown)'),
    formatSize(sizeBytes),
    lastUsedAtMs === 0 ? '-' : new Date(lastUsedAtMs).toISOString().slice(0, 10),
  ]);
  const all = [['FOLDER', 'REPOSITORY', 'SIZE', 'LAST USED'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) => aligned(row, widths));
  const count = caches.length === 1 ? '1 cache' : `${caches.length} caches`;
  const end = `${count}, ${formatSize(totalBytes(caches))}${dryRun ? '' : ', removed'}`;
  return `${[...lines, end].join('\n')}\n`;
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((text, column) => {
    const width = widths[column] ?? 0;
    return column === 2 ? text.padStart(width) : text.padEnd(width);
  });
  return cells.join('  ').trimEnd();
}

function totalBytes(caches: readonly ListedCache[]): number {
  return caches.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}
