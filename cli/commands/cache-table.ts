import type { ListedCache } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import { formatSize } from '../size.ts';
import { alignTable } from '../table.ts';
import { counted } from '../../util/counted.ts';

/** What `layer prune --caches` tells programs of each cache. */
export function cacheEvents(caches: readonly ListedCache[], dryRun: boolean): readonly object[] {
  return caches.map(({ identity, sizeBytes, lastUsedAtMs }) => ({
    event: 'cache',
    repository: identity?.repository ?? null,
    folder: identity?.folder ?? null,
    sizeBytes,
    lastUsed: lastUsedAtMs === 0 ? null : new Date(lastUsedAtMs).toISOString(),
    removed: !dryRun,
  }));
}

/** What it tells people. */
export function cacheTable(caches: readonly ListedCache[], dryRun: boolean): string {
  if (caches.length === 0) return 'No caches are stored.\n';
  const rows = caches.map(({ identity, sizeBytes, lastUsedAtMs }) => [
    printableLine(identity?.folder ?? '(unknown)'),
    printableLine(identity?.repository ?? '(unknown)'),
    formatSize(sizeBytes),
    lastUsedAtMs === 0 ? '-' : new Date(lastUsedAtMs).toISOString().slice(0, 10),
  ]);
  const header = ['FOLDER', 'REPOSITORY', 'SIZE', 'LAST USED'];
  const lines = alignTable(['left', 'left', 'right', 'left'], [header, ...rows]);
  const totalBytes = caches.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const end = `${counted(caches.length, 'cache')}, ${formatSize(totalBytes)}${dryRun ? '' : ', removed'}`;
  return `${[...lines, end].join('\n')}\n`;
}
