import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { isMissingFile } from './cache-errors.ts';
import type { CacheIndex } from './cache-index.ts';
import { hashFile } from './durable-file.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  type ManifestFile,
  packedPath,
  readManifest,
  writeManifest,
} from './manifest.ts';
import type { Snapshot } from './snapshot.ts';
import { measuredBytes, setSize } from './stored-size.ts';
import { isSameState } from './verify.ts';
import { WorkingLease } from './working-lease.ts';

/**
 * Brings a snapshot's folder to rest: a manifest with a `next` says again what is, files that no manifest names go, and the index
 * has the size. Does nothing to one that somebody uses. What is damaged stays as it is, for whoever finds it.
 */
export async function settleSnapshot(index: CacheIndex, snapshot: Snapshot, nowMs: number): Promise<void> {
  const { folder, id } = snapshot;
  const reading = readManifest(folder);
  if (reading.kind === 'damaged') return;
  using lease = WorkingLease.take(index, [id], nowMs);
  if (lease === null) return;
  const manifest = reading.manifest.next === undefined ? reading.manifest : await settled(reading.manifest, snapshot);
  if (manifest === null) return;
  if (manifest !== reading.manifest) await writeManifest(folder, manifest);
  const strays = straysIn(folder, manifest);
  const sizeBytes = measuredBytes(folder, manifest);
  if (strays.length === 0 && sizeBytes === snapshot.sizeBytes) return;
  lease.changeUnlessUsed(nowMs, (session) => {
    for (const name of strays) rmSync(join(folder, name), { recursive: true, force: true });
    setSize(session, id, sizeBytes);
  });
}

/** The index says which state holds, the files themselves say which they are. Null where they are neither. */
async function settled(manifest: Manifest, snapshot: Snapshot): Promise<Manifest | null> {
  const { next, ...now } = manifest;
  const state = [now, next].find((each) => each !== undefined && isSameState(each, snapshot));
  if (state === undefined) return null;
  const files: ManifestFile[] = [];
  for (const file of manifest.files) {
    const found = await settledFile(snapshot.folder, file);
    if (found === null) return null;
    files.push(found);
  }
  const drops = state === next ? (next.drops ?? []) : [];
  const kept = files.filter(({ name }) => !drops.includes(name));
  const rest = { ...now, files: kept, payload: state.payload, dependsOn: state.dependsOn };
  return { ...rest, sizeBytes: measuredBytes(snapshot.folder, rest) };
}

async function settledFile(folder: string, file: ManifestFile): Promise<ManifestFile | null> {
  const { next, ...now } = file;
  if (next === undefined) return file;
  const path = join(folder, file.name);
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (sizeBytes !== now.sizeBytes && sizeBytes !== next.sizeBytes) return null;
  const sha256 = await hashFile(path);
  if (sha256 === next.sha256) return { name: file.name, ...next };
  return sha256 === now.sha256 ? now : null;
}

function straysIn(folder: string, { files }: Manifest): string[] {
  const known = new Set([MANIFEST_FILE]);
  for (const { name, packed } of files) {
    known.add(name);
    if (packed !== undefined && packed !== null) known.add(packedPath(name));
  }
  try {
    return readdirSync(folder).filter((name) => !known.has(name));
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
}
