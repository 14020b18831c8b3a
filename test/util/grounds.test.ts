import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { type GroundAspect, Grounds, noteGround, noteUnrepeatable } from '../../util/grounds.ts';

/** See util/file-identity.ts. */
const FILES_SETTLE_MS = 2200;

function makeFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-grounds-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const name of ['one', 'other', 'empty']) writeFileSync(join(folder, name), name === 'empty' ? '' : name);
  return folder;
}

/** What is settled after `change`, of `name` in a folder that nobody has touched for a while. */
async function settledAfter(
  t: ExecutionContext,
  name: string,
  aspect: GroundAspect,
  change: (path: string) => void,
): Promise<readonly string[] | undefined> {
  const folder = makeFolder(t);
  await delay(FILES_SETTLE_MS);
  using grounds = Grounds.collect();
  noteGround(join(folder, name), aspect);
  change(join(folder, name));
  return grounds.settled()?.map(({ path }) => path.slice(folder.length + 1));
}

test.serial('grounds that nobody touched are settled', async (t) => {
  t.deepEqual(await settledAfter(t, 'one', 'all', () => undefined), ['one']);
  t.deepEqual(await settledAfter(t, 'missing', 'all', () => undefined), ['missing']);
});

test.serial('a ground that changed after it was noted settles nothing', async (t) => {
  t.is(await settledAfter(t, 'one', 'all', (path) => writeFileSync(path, 'two')), undefined);
  t.is(await settledAfter(t, 'missing', 'all', (path) => writeFileSync(path, '')), undefined);
  // As old as the one that was read, and of its size: its inode tells.
  t.is(await settledAfter(t, 'one', 'all', (path) => renameSync(path.replace('one', 'other'), path)), undefined);
});

test.serial(
  'a ground of which the kind counts may be written to, and one of which the content counts may appear empty',
  async (t) => {
    t.deepEqual(await settledAfter(t, 'one', 'kind', (path) => writeFileSync(path, 'two')), ['one']);
    t.is(await settledAfter(t, 'one', 'kind', (path) => rmSync(path)), undefined);
    t.deepEqual(await settledAfter(t, 'missing', 'filled', (path) => writeFileSync(path, '')), ['missing']);
    t.deepEqual(await settledAfter(t, 'empty', 'filled', (path) => rmSync(path)), ['empty']);
    t.is(await settledAfter(t, 'missing', 'filled', (path) => writeFileSync(path, 'more')), undefined);
  },
);

test.serial('what was written just before it was read is not settled, whatever its time says', (t) => {
  const folder = makeFolder(t);
  utimesSync(join(folder, 'one'), 1_000_000, 1_000_000);
  using grounds = Grounds.collect();
  noteGround(join(folder, 'one'));
  t.is(grounds.settled(), null);
});

test.serial('what is no file is told as an obstacle, and only to who collects', (t) => {
  noteUnrepeatable('before');
  using grounds = Grounds.collect();
  t.is(grounds.obstacle, null);
  noteUnrepeatable('git is asked');
  noteUnrepeatable('a secret is used');
  t.is(grounds.obstacle, 'git is asked');
});
