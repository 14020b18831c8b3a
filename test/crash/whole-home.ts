import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { sweepHome } from '../../runner/sweep-home.ts';
import { pruneSnapshots } from '../../runner/upkeep/prune-snapshots.ts';
import { openSnapshotStore, type SnapshotStore } from '../../snapshots/index.ts';
import { MANIFEST_FILE, packedPath, readManifest } from '../../snapshots/manifest.ts';
import type { VersionMemo } from '../../util/file-version.ts';
import { isAlive } from '../../util/is-alive.ts';
import { expect } from './scenario.ts';

/** What only processes that are at work may have: temporary names, scratch folders, whose processes are named where they are known. */
const STRAY = /\.tmp$|\.new$|\.memory$|(^|\/)(saving|tree|layer|layer-image)-(?<pid>\d+)-\w{6}$/;

export interface WholeHomeOptions {
  /** Digests of files that the caller has read itself and nobody has written to since; without it all are read. */
  readonly digestMemo?: VersionMemo;
  /** Snapshots may take this much; what is over it is pruned. */
  readonly keepBytes?: number;
}

/**
 * Throws unless every snapshot is whole, and no file is left after a prune that nobody will use or remove. To be called when a
 * run has worked in the home after a crash: that run has swept.
 */
export async function expectWholeHome(home: string, options: WholeHomeOptions = {}): Promise<void> {
  const { digestMemo, keepBytes = Number.MAX_SAFE_INTEGER } = options;
  using store = openSnapshotStore({ home, ...(digestMemo === undefined ? {} : { digestMemo }) });
  // As a run does that needs a machine.
  store.sweep();
  sweepHome(home);
  await expectWholeSnapshots(store, digestMemo !== undefined);
  const { signal } = new AbortController();
  const { inUse } = await pruneSnapshots({ home, keepBytes, all: false, images: false, dryRun: false, signal });
  expect(inUse.length === 0, `nobody uses what is to go: ${inUse.map(({ id }) => id).join(' ')}`);
  await expectWholeSnapshots(store, digestMemo !== undefined);
  const strays = [...strayFolders(home, store), ...strayFiles(home), ...store.list().flatMap(strayStates)];
  expect(strays.length === 0, `no file is left over: ${strays.join(' ')}`);
}

async function expectWholeSnapshots(store: SnapshotStore, trustUntouched: boolean): Promise<void> {
  for (const { id } of store.list()) {
    const checked = await store.verify(id, { trustUntouched });
    // Upkeep may be at work in the background.
    expect(checked.ok || store.get(id) === null, `snapshot ${id} is whole: ${JSON.stringify(checked)}`);
  }
}

/** Folders that are no snapshot's, and snapshots that have none. */
function strayFolders(home: string, store: SnapshotStore): readonly string[] {
  const live: readonly string[] = store.list().map(({ id }) => id);
  const folders = namesIn(join(home, 'snapshots'));
  const missing = live.filter((id) => !folders.includes(id)).map((id) => `no folder ${id}`);
  return [...folders.filter((name) => !live.includes(name)), ...missing];
}

function strayFiles(home: string): readonly string[] {
  const all = readdirSync(home, { recursive: true, withFileTypes: true });
  return all.map((entry) => relative(home, join(entry.parentPath, entry.name))).filter(isStray);
}

/** Other homes may share `images`: who makes one there is at work, and none of ours. */
function isStray(path: string): boolean {
  const found = STRAY.exec(path);
  const pid = Number(found?.groups?.['pid'] ?? process.pid);
  return found !== null && (pid === process.pid || !isAlive(pid));
}

/** Files of a snapshot that its manifest does not name. */
function strayStates({ folder }: { readonly folder: string }): readonly string[] {
  const reading = readManifest(folder);
  const named = reading.kind === 'manifest' ? reading.manifest.files : [];
  const known = new Set([MANIFEST_FILE, ...named.flatMap(({ name }) => [name, packedPath(name)])]);
  return namesIn(folder)
    .filter((name) => !known.has(name))
    .map((name) => join(folder, name));
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
