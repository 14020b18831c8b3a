import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { isMissingFile } from './cache-errors.ts';
import { type ManifestFile, packedPath, readManifest } from './manifest.ts';
import type { Snapshot } from './snapshot.ts';
import type { Verification } from './store.ts';

/**
 * Brings back what is kept packed only of one snapshot, which is leased. A manifest is read for it, and nothing else where
 * there is nothing to do: what unpacks is loaded when it is needed.
 */
export async function unpackSnapshot({ id, folder }: Snapshot): Promise<Verification> {
  const reading = readManifest(folder);
  for (const file of reading.kind === 'manifest' ? reading.manifest.files : []) {
    if (!(await isThere(folder, file))) return { ok: false, damaged: id, file: file.name, why: 'cannot be unpacked' };
  }
  return { ok: true };
}

async function isThere(folder: string, { name, packed, sizeBytes }: ManifestFile): Promise<boolean> {
  const path = join(folder, name);
  if (packed === undefined || packed === null || existsSync(path)) return true;
  const { unpackFile } = await import('./packed-file.ts');
  try {
    return await unpackFile(path, packed, sizeBytes);
  } catch (error) {
    if (isMissingFile(error)) return !existsSync(packedPath(path)) && existsSync(path);
    throw error;
  }
}
