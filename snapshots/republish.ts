import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { faultPoint } from '../util/fault-point.ts';
import type { IndexSession } from './cache-index.ts';
import type { Detached, Restated } from './detacher.ts';
import { type FileFacts, syncAndHash, syncFolder } from './durable-file.ts';
import { type Manifest, type ManifestFile, packedPath, readManifest, writeManifest } from './manifest.ts';
import { isLive, withDependents } from './snapshot-rows.ts';
import type { Snapshot } from './snapshot.ts';
import { allocatedBytes } from './stored-size.ts';
import type { WorkingLease } from './working-lease.ts';

/*
 * How a snapshot gets other files in place, though everything else in a store is written once. Whatever is killed whenever:
 *
 * 1. The new files are durable in the scratch folder.
 * 2. The manifests of the snapshot and of its restated dependents say what they are and, under `next`, what they are about to
 *    be: from here on each file may be the one or the other. A packed form of a file that will be replaced is given up before.
 * 3. In one transaction of the index, where nobody uses any of them: the new files are renamed over the old ones, the
 *    folder is synced, the rows say the new state. Killed before its end, the rows are the old ones: by contract
 *    (detacher.ts) the new files serve in the place of the old ones, and what the old state depends on is still there.
 * 4. The manifests say the new state alone (settle.ts, which also finishes this after a kill).
 */

export interface Republication {
  readonly snapshot: Snapshot;
  readonly dependents: readonly Snapshot[];
  readonly detached: Detached;
  /** Holds the new files. */
  readonly scratch: string;
}

/** Steps 1 to 3. False where somebody uses them, or something they are to stand on is gone: nothing has changed then. */
export async function republish(lease: WorkingLease, work: Republication, nowMs: number): Promise<boolean> {
  const { snapshot, scratch, detached } = work;
  const facts = await factsOf(scratch);
  faultPoint('squash:files-synced');
  const announced = await announceFiles(snapshot, detached, facts, scratch);
  if (!announced) return false;
  for (const restated of detached.dependents) {
    const dependent = work.dependents.find(({ id }) => id === restated.id);
    if (dependent === undefined || !(await announceState(dependent, restated))) return false;
  }
  faultPoint('squash:announced');
  const known = new Set([snapshot, ...work.dependents].map(({ id }) => id));
  let isFounded = true;
  const changed = lease.changeUnlessUsed(nowMs, (session) => {
    const states = [detached.snapshot, ...detached.dependents];
    // What was published on it meanwhile was not asked for, and nobody said what becomes of it.
    const isAllKnown = withDependents(session, [snapshot.id]).every((id) => known.has(id) || !isLive(session, id));
    isFounded = isAllKnown && states.every(({ dependsOn }) => dependsOn.every((needed) => isLive(session, needed)));
    if (!isFounded) return;
    for (const name of facts.keys()) putInPlace(join(scratch, name), join(snapshot.folder, name));
    syncNames(snapshot.folder);
    faultPoint('squash:renamed');
    for (const state of states) restate(session, state);
  });
  faultPoint('squash:visible');
  return changed && isFounded;
}

async function factsOf(scratch: string): Promise<ReadonlyMap<string, FileFacts>> {
  const facts = new Map<string, FileFacts>();
  for (const name of await readdir(scratch)) facts.set(name, await syncAndHash(join(scratch, name)));
  return facts;
}

async function announceFiles(
  { folder }: Snapshot,
  { snapshot: { payload, dependsOn }, drops }: Detached,
  facts: ReadonlyMap<string, FileFacts>,
  scratch: string,
): Promise<boolean> {
  const manifest = manifestIn(folder);
  if (manifest === null) return false;
  const kept = manifest.files.filter(({ name }) => !facts.has(name));
  const replaced = manifest.files.filter(({ name }) => facts.has(name));
  const added = [...facts].filter(([name]) => !manifest.files.some((file) => file.name === name));
  // A name that was not there before is in nobody's way.
  for (const [name] of added) putInPlace(join(scratch, name), join(folder, name));
  await syncFolder(folder);
  const files: readonly ManifestFile[] = [
    ...kept,
    ...replaced.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256, next: contentOf(facts.get(name)) })),
    ...added.map(([name, fact]) => ({ name, ...contentOf(fact) })),
  ];
  const sizeBytes =
    kept.reduce((sum, { name }) => sum + allocatedBytes(join(folder, name)), 0) +
    [...facts.values()].reduce((sum, fact) => sum + fact.allocatedBytes, 0);
  await writeManifest(folder, { ...manifest, files, next: { payload, dependsOn, sizeBytes, drops } });
  for (const { name, packed } of replaced)
    if (packed !== undefined) rmSync(packedPath(join(folder, name)), { force: true });
  return true;
}

function contentOf(facts: FileFacts | undefined): { readonly sizeBytes: number; readonly sha256: string } {
  return { sizeBytes: facts?.sizeBytes ?? 0, sha256: facts?.sha256 ?? '' };
}

async function announceState({ folder }: Snapshot, { payload, dependsOn }: Restated): Promise<boolean> {
  const manifest = manifestIn(folder);
  if (manifest === null) return false;
  await writeManifest(folder, { ...manifest, next: { payload, dependsOn, sizeBytes: manifest.sizeBytes } });
  return true;
}

function manifestIn(folder: string): Manifest | null {
  const reading = readManifest(folder);
  return reading.kind === 'manifest' && reading.manifest.next === undefined ? reading.manifest : null;
}

/** The second time (the transaction may run twice) it is there already. */
function putInPlace(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}

function syncNames(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function restate(session: IndexSession, { id, payload, dependsOn }: Restated): void {
  session.run('UPDATE snapshot SET payload = ? WHERE id = ?', JSON.stringify(payload), id);
  session.run('DELETE FROM dependency WHERE snapshot = ?', id);
  for (const needed of dependsOn) session.run('INSERT INTO dependency (snapshot, needs) VALUES (?, ?)', id, needed);
}
