import { statSync } from 'node:fs';
import { join } from 'node:path';

import type { IndexSession } from './cache-index.ts';
import { type Manifest, packedPath } from './manifest.ts';
import type { SnapshotId } from './snapshot.ts';

/** Bytes that the files of a manifest take on disk, holes not counted, packed forms counted. */
export function measuredBytes(folder: string, { files }: Manifest): number {
  return files
    .flatMap(({ name, packed }) => (packed === undefined || packed === null ? [name] : [name, packedPath(name)]))
    .reduce((sum, name) => sum + allocatedBytes(join(folder, name)), 0);
}

export function allocatedBytes(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}

export function setSize(session: IndexSession, id: SnapshotId, sizeBytes: number): void {
  session.run('UPDATE snapshot SET size_bytes = ? WHERE id = ?', sizeBytes, id);
}
