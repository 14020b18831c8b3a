import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import test from 'ava';

import { openSnapshotStore } from '../../snapshots/index.ts';
import { chain, publish, scratchFolder } from './scratch.ts';

const PUBLISHER = join(import.meta.dirname, 'publisher.ts');

function startPublisher(home: string, name: string, count: number): ChildProcess {
  return spawn(process.execPath, [PUBLISHER, home, name, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
  return lines;
}

const digest = ({ path }: { readonly path: string }): string => path.replace('file', '');
const labels = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, position) => `${name} ${position + 1}`);

test('a process killed at any instant leaves whole snapshots or none, and a store that works', async (t) => {
  const home = scratchFolder(t);
  for (let round = 0; round < 6; round += 1) {
    const child = startPublisher(home, `round${round}`, 50);
    const said: string[] = [];
    const lines = createInterface({ input: child.stdout! });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    lines.on('line', (line) => {
      said.push(line);
      // After the first snapshots, some way into the next one: a later instant in each round.
      if (said.length === 2) setTimeout(() => resolve(undefined), round * 5);
    });
    await promise;
    child.kill('SIGKILL');
    await once(child, 'close');

    using store = openSnapshotStore({ home });
    store.sweep();
    const live = store.list().map(({ id }) => id as string);
    t.deepEqual(readdirSync(join(home, 'snapshots')).sort(), [...live].sort(), 'no half snapshot, nothing leaked');
    t.true(
      said.every((id) => live.includes(id)),
      'what was said to be published is there',
    );
    for (const { id } of store.list()) t.deepEqual(await store.verify(id), { ok: true });
    const { hit } = store.findDeepest({ steps: chain(...labels(`round${round}`, 50)), digest });
    t.true((hit?.restoredSteps ?? 0) >= said.length);
    await publish(store, { label: `after ${round}` });
  }
});

test('several processes publish into one new store at once, and all of it is there', async (t) => {
  const home = scratchFolder(t);
  const names = ['red', 'green', 'blue'];
  const children = names.map((name) => startPublisher(home, name, 5));
  const said = await Promise.all(children.map(linesOf));
  using store = openSnapshotStore({ home });
  t.deepEqual(
    store
      .list()
      .map(({ id }) => id as string)
      .sort(),
    said.flat().sort(),
  );
  for (const [position, name] of names.entries()) {
    const { hit } = store.findDeepest({ steps: chain(...labels(name, 5)), digest });
    t.deepEqual(hit?.lineage as readonly string[], said[position]);
  }
});

test('what one connection publishes, leases or removes, another one sees at once', async (t) => {
  const home = scratchFolder(t);
  using one = openSnapshotStore({ home });
  using other = openSnapshotStore({ home });
  const snapshot = await publish(one);
  t.deepEqual(other.get(snapshot.id), snapshot);
  const lease = one.lease([snapshot.id]);
  t.deepEqual(other.remove([snapshot.id]).kept, [{ id: snapshot.id, why: 'leased' }]);
  lease?.[Symbol.dispose]();
  t.deepEqual(other.remove([snapshot.id]).removed, [snapshot.id]);
  t.is(one.get(snapshot.id), null);
});

test('a sweep spares what another living process is making', async (t) => {
  const home = scratchFolder(t);
  const child = startPublisher(home, 'busy', 20);
  using store = openSnapshotStore({ home });
  const ended = linesOf(child);
  let running = true;
  void ended.then(() => (running = false));
  while (running) {
    t.deepEqual(store.sweep(), []);
    await new Promise(setImmediate);
  }
  t.is((await ended).length, 20);
});
