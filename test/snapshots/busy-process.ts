/**
 * `busy-process.ts HOME NAME publish|restore|evict ROUNDS`: one of the processes of eviction-storm.test.ts. Ends after ROUNDS, or
 * when there is a file `stop` in HOME. Says at its end, as one line of JSON, what it did how often, and what went wrong.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openSnapshotStore, type Snapshot, type SnapshotStore } from '../../snapshots/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { publication } from './scratch.ts';

const [home = '', name = '', part = '', rounds = '0'] = process.argv.slice(2);
const counts: Record<string, number> = {};
const wrong: string[] = [];
using store = openSnapshotStore({ home, onWarning: (text) => wrong.push(text) });

function count(what: string, by = 1): void {
  counts[what] = (counts[what] ?? 0) + by;
}

function contentOf(label: string): Buffer {
  return Buffer.alloc(20_000, label);
}

function any<T>(all: readonly T[]): T | undefined {
  return all[Math.floor(Math.random() * all.length)];
}

/** A snapshot on one that is there, or on none. */
async function publish(round: number): Promise<void> {
  const parent = any(store.list().slice(-6)) ?? null;
  using lease = parent === null ? null : store.lease([parent.id]);
  const base = lease === null ? null : parent;
  const label = `${name} ${round}`;
  const pending = store.begin();
  writeFileSync(join(pending.folder, 'state'), contentOf(label));
  const dependsOn = base === null ? [] : [base.id];
  await store.publish(pending, publication({ label, parent: base?.id ?? null, dependsOn }));
  count('published');
}

/** Reads all that a leased snapshot needs, as a machine does that runs on it: slowly. */
async function restore(): Promise<void> {
  const snapshot = any(store.list());
  if (snapshot === undefined) return;
  using lease = store.lease([snapshot.id]);
  if (lease === null) {
    count('gone before it was leased');
    return;
  }
  for (const each of needed(store, snapshot)) {
    await new Promise(setImmediate);
    const file = join(each.folder, 'state');
    if (!existsSync(file)) wrong.push(`${file} went while it was leased`);
    else if (!readFileSync(file).equals(contentOf(each.label))) wrong.push(`${file} is damaged`);
  }
  count('restored');
}

function needed(from: SnapshotStore, snapshot: Snapshot): Snapshot[] {
  const below = snapshot.dependsOn.map((id) => from.get(id));
  if (below.includes(null)) wrong.push(`what ${snapshot.id} depends on went while it was leased`);
  return [snapshot, ...below.filter((each) => each !== null).flatMap((each) => needed(from, each))];
}

function evict(): void {
  const all = store.list();
  const chosen = new Set(Math.random() < 0.3 ? all.filter(() => Math.random() < 0.2) : [any(all)]);
  // As a rule with all that need them, else they could not go.
  if (Math.random() < 0.8) for (const each of all) if (each.dependsOn.some((id) => has(chosen, id))) chosen.add(each);
  const { removed, kept } = store.remove([...chosen].flatMap((each) => (each === undefined ? [] : [each.id])));
  count('evicted', removed.length);
  count('kept', kept.length);
  if (Math.random() < 0.2) store.sweep();
}

function has(chosen: ReadonlySet<Snapshot | undefined>, id: string): boolean {
  return [...chosen].some((each) => each?.id === id);
}

for (let round = 0; round < Number(rounds) && !existsSync(join(home, 'stop')); round++) {
  try {
    if (part === 'publish') await publish(round);
    else if (part === 'restore') await restore();
    else evict();
  } catch (error) {
    // What it builds on may be forgotten as damaged, never here: nothing is damaged.
    wrong.push(error instanceof LayerError ? `${error.code} ${error.message}` : String(error));
  }
  await new Promise(setImmediate);
}
console.log(JSON.stringify({ counts, wrong }));
