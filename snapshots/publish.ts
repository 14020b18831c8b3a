import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { faultPoint } from '../util/fault-point.ts';
import { LayerError } from '../util/layer-error.ts';
import type { IndexSession } from './cache-index.ts';
import { type FileFacts, syncFolder, writeDurably } from './durable-file.ts';
import { isFailedState, noteFailedState } from './failed-states.ts';
import type { FileDigests } from './file-digests.ts';
import { digestStep, NO_KEY, strongFingerprint, type WeakFingerprint, weakFingerprint } from './fingerprint.ts';
import { rememberRun } from './history-rows.ts';
import { MANIFEST_FILE, type Manifest, READ_SET_FILE, writeManifest } from './manifest.ts';
import { encodeDigests, type EncodedReadSet, encodePathSet, encodeReadSet } from './read-set-codec.ts';
import { insertSnapshot, isKnown, isLive } from './snapshot-rows.ts';
import type { SnapshotId } from './snapshot.ts';
import type { PendingSnapshot, Publication } from './store.ts';

/** A snapshot that is durable on disk, but not visible yet. */
export interface PreparedSnapshot {
  readonly manifest: Manifest;
  readonly readSet: EncodedReadSet;
}

/** Everything on disk before anything in the index: the files, then the manifest that vouches for them, then the names. */
export async function prepareSnapshot(
  pending: PendingSnapshot,
  publication: Publication,
  digests: FileDigests,
  nowMs: number,
): Promise<PreparedSnapshot> {
  const { observations } = publication;
  const readSet = { pathSet: encodePathSet(observations), digests: encodeDigests(observations) };
  await writeDurably(join(pending.folder, READ_SET_FILE), encodeReadSet(readSet.pathSet, readSet.digests));
  const files = await syncFiles(pending.folder, digests);
  faultPoint('publish:files-synced');
  const manifest = manifestOf({ id: pending.id, publication, readSet, files, nowMs });
  await writeManifest(pending.folder, manifest);
  faultPoint('publish:manifest-written');
  await syncFolder(dirname(pending.folder));
  return { manifest, readSet };
}

interface NamedFacts extends FileFacts {
  readonly name: string;
}

async function syncFiles(folder: string, digests: FileDigests): Promise<NamedFacts[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const facts: NamedFacts[] = [];
  for (const { name } of entries.filter((entry) => isSnapshotFile(entry.name, entry.isFile()))) {
    facts.push({ name, ...(await digests.syncAndHash(join(folder, name))) });
  }
  return facts.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The store's own manifest is left out: it may be there from a publication that failed and is tried again. */
function isSnapshotFile(name: string, isFile: boolean): boolean {
  if (!isFile) throw new Error(`Internal error: a snapshot holds flat files only, and ${name} is none`);
  return name !== MANIFEST_FILE && name !== `${MANIFEST_FILE}.tmp`;
}

export interface ManifestInput {
  readonly id: SnapshotId;
  readonly publication: Publication;
  readonly readSet: EncodedReadSet;
  readonly files: readonly NamedFacts[];
  readonly nowMs: number;
}

export function manifestOf({ id, publication, readSet, files, nowMs }: ManifestInput): Manifest {
  const { parent, dependsOn, label, history, durationMs, payload, failed = false } = publication;
  return {
    id,
    parent,
    dependsOn,
    weak: failed ? NO_KEY : weakOf(publication),
    span: publication.steps.length,
    strong: strongFingerprint(readSet),
    ...(failed ? { failed } : {}),
    label,
    history,
    durationMs,
    createdAtMs: nowMs,
    sizeBytes: files.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0),
    payload,
    files: files.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 })),
  };
}

export function weakOf({ parent, steps }: Pick<Publication, 'parent' | 'steps'>): WeakFingerprint {
  return weakFingerprint(
    parent,
    steps.map((step) => digestStep(step)),
  );
}

/** Makes a prepared snapshot visible; run in one durable write. */
export function revealSnapshot(session: IndexSession, { manifest, readSet }: PreparedSnapshot): void {
  const { id, parent, dependsOn, weak, label, history } = manifest;
  const gone = dependsOn.find((needed) => !isLive(session, needed));
  if (gone !== undefined) throw foundationGone(gone);
  if (parent !== null && !isKnown(session, parent)) throw foundationGone(parent);
  if (parent !== null && isFailedState(session, parent)) throw new Error('Internal error: a failed state has no child');
  insertSnapshot(session, manifest, readSet);
  if (manifest.failed === true) noteFailedState(session, history, id);
  else rememberRun(session, history, { weak, label, snapshot: id, unpublishable: null });
  session.run('DELETE FROM pending WHERE id = ?', id);
}

function foundationGone(id: SnapshotId): LayerError {
  return new LayerError('SNAPSHOT_DAMAGED', `The snapshot ${id}, which the new one builds on, is gone`, {
    hint: 'Run again: the steps that need it will run from further up.',
  });
}
