import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { faultPoint } from '../util/fault-point.ts';
import type { CacheIndex } from './cache-index.ts';
import { type Manifest, type ManifestFile, packedPath, readManifest, writeManifest } from './manifest.ts';
import { packFile } from './packed-file.ts';
import type { Snapshot } from './snapshot.ts';
import { measuredBytes, setSize } from './stored-size.ts';
import { WorkingLease } from './working-lease.ts';

/** A packed form that saves less than this share is not kept. */
const LEAST_SAVED = 0.2;

/**
 * Packs the files of one snapshot that are among `names`. First the packed form is durable, then the manifest says so, and only
 * then does the file go, where nobody uses the snapshot: killed in between, both forms are there, and either is right.
 * Resolves to the bytes freed.
 */
export async function packSnapshot(
  index: CacheIndex,
  snapshot: Snapshot,
  names: readonly string[],
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  using lease = WorkingLease.take(index, [snapshot.id], nowMs);
  const { folder, id } = snapshot;
  const former = lease === null ? null : manifestIn(folder);
  if (lease === null || former === null) return 0;
  const before = measuredBytes(folder, former);
  const manifest = (await makePackedForms(folder, names, signal)) ? manifestIn(folder) : null;
  if (manifest === null) return 0;
  faultPoint('pack:manifest-written');
  const changed = lease.changeUnlessUsed(nowMs, (session) => {
    for (const file of manifest.files)
      if (hasPackedForm(folder, file)) rmSync(join(folder, file.name), { force: true });
    faultPoint('pack:plain-removed');
    setSize(session, id, measuredBytes(folder, manifest));
  });
  return changed ? before - measuredBytes(folder, manifest) : 0;
}

/** False where there is nothing to pack. */
async function makePackedForms(folder: string, names: readonly string[], signal: AbortSignal): Promise<boolean> {
  let manifest = manifestIn(folder);
  let isAnyPacked = false;
  for (const file of manifest?.files ?? []) {
    const isDue = names.includes(file.name) && file.next === undefined && existsSync(join(folder, file.name));
    if (manifest === null || !isDue || file.packed === null) continue;
    const packed = hasPackedForm(folder, file) ? file.packed : await packedForm(folder, file, signal);
    if (packed === undefined) continue;
    isAnyPacked ||= packed !== null;
    if (packed === file.packed) continue;
    manifest = { ...manifest, files: manifest.files.map((each) => (each === file ? { ...file, packed } : each)) };
    await writeManifest(folder, manifest);
  }
  return isAnyPacked;
}

/** Null where it is not worth it; undefined where the file is damaged, which is for whoever uses it to find and tell. */
async function packedForm(folder: string, file: ManifestFile, signal: AbortSignal): Promise<ManifestFile['packed']> {
  const path = join(folder, file.name);
  const { content, packed } = await packFile(path, signal);
  const isSound = content.sha256 === file.sha256;
  if (isSound && packed.allocatedBytes <= (1 - LEAST_SAVED) * statSync(path).blocks * 512)
    return { sizeBytes: packed.sizeBytes, sha256: packed.sha256 };
  rmSync(packedPath(path), { force: true });
  return isSound ? null : undefined;
}

function hasPackedForm(folder: string, { name, packed }: ManifestFile): boolean {
  if (packed === undefined || packed === null) return false;
  return statSync(packedPath(join(folder, name)), { throwIfNoEntry: false })?.size === packed.sizeBytes;
}

function manifestIn(folder: string): Manifest | null {
  const reading = readManifest(folder);
  return reading.kind === 'manifest' && reading.manifest.next === undefined ? reading.manifest : null;
}
