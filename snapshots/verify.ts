import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { isMissingFile } from './cache-errors.ts';
import type { FileDigests } from './file-digests.ts';
import {
  type FileContent,
  MANIFEST_FILE,
  type Manifest,
  type ManifestFile,
  packedPath,
  readManifest,
} from './manifest.ts';
import type { Snapshot } from './snapshot.ts';
import type { Damage, Verification } from './store.ts';

/** Checks one snapshot's files against its manifest, up to the first damage. */
export async function verifySnapshot(snapshot: Snapshot, digests: FileDigests): Promise<Verification> {
  for await (const damage of damagesOf(snapshot, digests)) return { ok: false, ...damage };
  return { ok: true };
}

/** Everything that is wrong with one snapshot's files. */
export async function* damagesOf(snapshot: Snapshot, digests: FileDigests): AsyncGenerator<Damage> {
  const damage = (file: string, why: string): Damage => ({ damaged: snapshot.id, file, why });
  const reading = readManifest(snapshot.folder);
  if (reading.kind === 'damaged') {
    yield damage(MANIFEST_FILE, reading.why);
    return;
  }
  if (!describes(reading.manifest, snapshot)) yield damage(MANIFEST_FILE, 'describes another state than the index');
  for (const file of reading.manifest.files) {
    const why = await fileDamage(snapshot.folder, file, digests);
    if (why !== null) yield damage(file.name, why);
  }
}

/** SQLite has no checksums of its own: a flipped bit in the index shows here. */
function describes(manifest: Manifest, snapshot: Snapshot): boolean {
  if (manifest.id !== snapshot.id || manifest.parent !== snapshot.parent) return false;
  const states = manifest.next === undefined ? [manifest] : [manifest, manifest.next];
  return states.some((state) => isSameState(state, snapshot));
}

type State = Pick<Manifest, 'dependsOn' | 'payload'>;

export function isSameState(one: State, other: State): boolean {
  const [dependsOn, others] = [[...one.dependsOn].sort(), [...other.dependsOn].sort()];
  return (
    JSON.stringify(dependsOn) === JSON.stringify(others) &&
    JSON.stringify(one.payload) === JSON.stringify(other.payload)
  );
}

async function fileDamage(folder: string, file: ManifestFile, digests: FileDigests): Promise<string | null> {
  const path = join(folder, file.name);
  const contents = file.next === undefined ? [file] : [file, file.next];
  const why = await contentDamage(path, contents, digests);
  if (why !== MISSING || file.packed === undefined || file.packed === null) return why;
  return contentDamage(packedPath(path), [file.packed], digests);
}

const MISSING = 'is missing';

async function contentDamage(
  path: string,
  contents: readonly FileContent[],
  digests: FileDigests,
): Promise<string | null> {
  try {
    const { size } = await stat(path);
    const fitting = contents.filter(({ sizeBytes }) => sizeBytes === size);
    if (fitting.length === 0) return `has ${size} bytes instead of ${contents[0]?.sizeBytes ?? 0}`;
    const wanted = fitting.map(({ sha256 }) => sha256);
    return (await digests.isOneOf(path, wanted)) ? null : 'does not match its checksum';
  } catch (error) {
    if (isMissingFile(error)) return MISSING;
    throw error;
  }
}
