import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { isMissingFile } from './cache-errors.ts';
import type { FileDigests } from './file-digests.ts';
import { MANIFEST_FILE, type Manifest, type ManifestFile, readManifest } from './manifest.ts';
import type { Snapshot } from './snapshot.ts';
import type { Verification } from './store.ts';

/** Checks one snapshot's files against its manifest. */
export async function verifySnapshot(snapshot: Snapshot, digests: FileDigests): Promise<Verification> {
  const damage = (file: string, why: string): Verification => ({ ok: false, damaged: snapshot.id, file, why });
  const reading = readManifest(snapshot.folder);
  if (reading.kind === 'damaged') return damage(MANIFEST_FILE, reading.why);
  if (!describes(reading.manifest, snapshot)) return damage(MANIFEST_FILE, 'describes another state than the index');
  for (const file of reading.manifest.files) {
    const why = await fileDamage(snapshot.folder, file, digests);
    if (why !== null) return damage(file.name, why);
  }
  return { ok: true };
}

/** SQLite has no checksums of its own: a flipped bit in the index shows here. */
function describes(manifest: Manifest, snapshot: Snapshot): boolean {
  return (
    manifest.id === snapshot.id &&
    manifest.parent === snapshot.parent &&
    JSON.stringify([...manifest.dependsOn].sort()) === JSON.stringify(snapshot.dependsOn) &&
    JSON.stringify(manifest.payload) === JSON.stringify(snapshot.payload)
  );
}

async function fileDamage(folder: string, file: ManifestFile, digests: FileDigests): Promise<string | null> {
  const path = join(folder, file.name);
  try {
    const { size } = await stat(path);
    if (size !== file.sizeBytes) return `has ${size} bytes instead of ${file.sizeBytes}`;
    return (await digests.isUnchanged(path, file.sha256)) ? null : 'does not match its checksum';
  } catch (error) {
    if (isMissingFile(error)) return 'is missing';
    throw error;
  }
}
