import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import test from 'ava';

import { openSnapshotStore } from '../../snapshots/index.ts';
import { scratchFolder } from './scratch.ts';

const PROGRAM = join(import.meta.dirname, 'busy-process.ts');
/** LAYER_STORM=15 for 1,000 evictions and more. */
const FACTOR = Number(process.env['LAYER_STORM'] ?? '1');
const PARTS = ['publish', 'publish', 'publish', 'restore', 'restore', 'restore', 'evict', 'evict'] as const;

interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

test('eight processes publish, restore and evict at once: nothing in use goes, and all that nobody needs does', async (t) => {
  const home = scratchFolder(t);
  const started = PARTS.map(async (part, index) => {
    const rounds = part === 'publish' ? 40 * FACTOR : 1_000_000;
    const args = ['--disable-warning=ExperimentalWarning', PROGRAM, home, `process${index}`, part, String(rounds)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as Report;
  });
  await Promise.allSettled(started.filter((_, index) => PARTS[index] === 'publish'));
  writeFileSync(join(home, 'stop'), '');
  const ended = await Promise.all(started);
  t.deepEqual(
    ended.flatMap(({ wrong }) => wrong),
    [],
  );
  const total = (what: string): number => ended.reduce((sum, { counts }) => sum + (counts[what] ?? 0), 0);
  for (const what of ['published', 'restored', 'evicted', 'kept']) {
    t.log(`${what}: ${total(what)}`);
    t.true(total(what) > 0, what);
  }

  using store = openSnapshotStore({ home });
  store.sweep();
  const live: readonly string[] = store.list().map(({ id }) => id);
  t.is(live.length, total('published') - total('evicted'));
  t.deepEqual(readdirSync(join(home, 'snapshots')).sort(), [...live].sort());
  for (const { id } of store.list()) t.deepEqual(await store.verify(id), { ok: true });
  t.is(store.remove(store.list().map(({ id }) => id)).kept.length, 0, 'no lease is left');
  t.deepEqual(readdirSync(join(home, 'snapshots')), []);
});
