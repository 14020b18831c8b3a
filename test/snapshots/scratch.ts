import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import type { Observation, ObservationKind, ObservedPath, WorkspacePath } from '../../fs-tracer/index.ts';
import {
  type LookupStep,
  openSnapshotStore,
  type Publication,
  type Snapshot,
  type SnapshotStore,
  type SnapshotStoreOptions,
} from '../../snapshots/index.ts';

/** Where nothing waits for a disk, if there is such a place: for tests with hundreds of syncs. */
export const QUICK_PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A new folder that goes when the test ends. */
export function scratchFolder(t: ExecutionContext, parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'layer-snapshots-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function scratchStore(t: ExecutionContext, options: Partial<SnapshotStoreOptions> = {}): SnapshotStore {
  const store = openSnapshotStore({ home: scratchFolder(t), ...options });
  t.teardown(() => store[Symbol.dispose]());
  return store;
}

/** `'content a'` stands for the content of path `a`. */
export function observation(text: string, digest: string): Observation {
  return { ...observedPath(text), digest };
}

export function observedPath(text: string): ObservedPath {
  const [kind, path] = text.split(' ');
  return { kind: kind as ObservationKind, path: path as WorkspacePath };
}

/** Publishes with defaults that a test need not care about: one file `state`, the step named by `label`. */
export async function publish(store: SnapshotStore, given: Partial<Publication> = {}): Promise<Snapshot> {
  const pending = store.begin();
  writeFileSync(join(pending.folder, 'state'), `state of ${given.label ?? 'RUN x'}`);
  return await store.publish(pending, publication(given));
}

export function publication(given: Partial<Publication> = {}): Publication {
  const label = given.label ?? 'RUN x';
  return {
    parent: null,
    dependsOn: [],
    steps: [{ instruction: label }],
    observations: [],
    payload: null,
    label,
    durationMs: 1,
    history: { workspace: '/w', layerfile: 'Layerfile', step: '1' },
    ...given,
  };
}

/** The chain that `publish` with these labels would have left, step numbers counting from 1. */
export function chain(...labels: readonly string[]): LookupStep[] {
  return labels.map((label, position) => ({
    fields: { instruction: label },
    label,
    history: { workspace: '/w', layerfile: 'Layerfile', step: String(position + 1) },
  }));
}

/** A workspace as a table from `'content a'` to digests; what is not in it is absent. */
export function digestFrom(table: Readonly<Record<string, string>>): (observed: ObservedPath) => string {
  return ({ kind, path }) => table[`${kind} ${path}`] ?? 'absent';
}
