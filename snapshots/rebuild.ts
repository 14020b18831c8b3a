import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IndexSession } from './cache-index.ts';
import { noteFailedState } from './failed-states.ts';
import { strongFingerprint } from './fingerprint.ts';
import { rememberRun } from './history-rows.ts';
import { type Manifest, READ_SET_FILE, readManifest } from './manifest.ts';
import { splitReadSet } from './read-set-codec.ts';
import { insertSnapshot } from './snapshot-rows.ts';
import { isSnapshotId, type SnapshotId } from './snapshot.ts';

/**
 * Fills an empty index from the manifests under `folder`. A snapshot is taken in only with its whole lineage and all that
 * it depends on: a key with a gap would promise more than was observed. The others are left for a sweep.
 */
export function rebuildIndex(session: IndexSession, folder: string): void {
  const manifests = new Map(manifestsUnder(folder).map((manifest) => [manifest.id, manifest]));
  const taken = new Map<SnapshotId, boolean>();
  const take = (id: SnapshotId): boolean => {
    const decided = taken.get(id);
    if (decided !== undefined) return decided;
    taken.set(id, false); // Until decided: a manifest that needs itself, however indirectly, is never taken in.
    const manifest = manifests.get(id);
    const isWhole = manifest !== undefined && foundations(manifest).every(take) && takeIn(session, folder, manifest);
    taken.set(id, isWhole);
    return isWhole;
  };
  for (const id of manifests.keys()) take(id);
}

function foundations({ parent, dependsOn }: Manifest): readonly SnapshotId[] {
  return parent === null ? dependsOn : [parent, ...dependsOn];
}

/** Oldest first, so that newer ones get greater sequence numbers and the last run of a step wins in its history. */
function manifestsUnder(folder: string): Manifest[] {
  const names = existsSync(folder) ? readdirSync(folder).filter(isSnapshotId) : [];
  return names
    .map((name) => ({ name, reading: readManifest(join(folder, name)) }))
    .flatMap(({ name, reading }) =>
      reading.kind === 'manifest' && reading.manifest.id === name ? [reading.manifest] : [],
    )
    .sort((one, other) => one.createdAtMs - other.createdAtMs);
}

function takeIn(session: IndexSession, folder: string, manifest: Manifest): boolean {
  const path = join(folder, manifest.id, READ_SET_FILE);
  const readSet = existsSync(path) ? splitReadSet(readFileSync(path)) : null;
  if (readSet === null || strongFingerprint(readSet) !== manifest.strong) return false;
  insertSnapshot(session, manifest, readSet);
  const { history, weak, label, id } = manifest;
  if (manifest.failed === true) noteFailedState(session, history, id);
  else rememberRun(session, history, { weak, label, snapshot: id, unpublishable: null });
  return true;
}
