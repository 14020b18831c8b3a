import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { listSnapshots } from '../../../runner/upkeep/list-snapshots.ts';
import { type PruneOptions, pruneSnapshots, type PruneResult } from '../../../runner/upkeep/prune-snapshots.ts';
import { verifySnapshots } from '../../../runner/upkeep/verify-snapshots.ts';
import { openSnapshotStore } from '../../../snapshots/index.ts';
import { FakeProject } from '../fake-project.ts';

const { signal } = new AbortController();
const FILES = { Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN build\n', 'a.c': 'a' };
const DAY_MS = 24 * 3_600_000;

function prune(project: FakeProject, options: Partial<PruneOptions> = {}): Promise<PruneResult> {
  return pruneSnapshots({ home: project.home, all: false, images: false, dryRun: false, signal, ...options });
}

function labels(snapshots: PruneResult['removed']): readonly string[] {
  return snapshots.map(({ label }) => label);
}

test('prune removes nothing within the budget, and says what is kept', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  const result = await prune(project);
  t.like(result, { removed: [], inUse: [], keptCount: 3, images: null });
  t.true(result.keepBytes! > result.keptBytes);
});

test('prune --all removes every snapshot, but for what a process uses and what that needs', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  using store = openSnapshotStore({ home: project.home });
  const copy = store.list()[1]!;
  const lease = store.lease([copy.id])!;
  const dry = await prune(project, { all: true, dryRun: true });
  t.is(store.list().length, 3);
  const result = await prune(project, { all: true });
  for (const each of [dry, result]) {
    t.deepEqual(labels(each.removed), ['RUN build']);
    t.deepEqual(labels(each.inUse), ['FROM vm/debian:12', 'COPY . .']);
    t.like(each, { keptCount: 2, keepBytes: null });
  }
  lease[Symbol.dispose]();
  t.is((await prune(project, { all: true })).keptCount, 0);
  t.is((await project.run()).outcomes, 'ran ran ran');
});

test('prune --older-than removes what was not used since, whatever the budget', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  t.like(await prune(project, { olderThanMs: DAY_MS }), { removed: [], keepBytes: null });
  const result = await prune(project, { olderThanMs: DAY_MS, now: () => Date.now() + 2 * DAY_MS });
  t.is(result.removed.length, 3);
});

test('prune --keep-storage keeps what is wanted most', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  const { snapshots } = await listSnapshots({ home: project.home });
  const keepBytes = snapshots[0]!.sizeBytes + snapshots[1]!.sizeBytes;
  t.deepEqual(labels((await prune(project, { keepBytes })).removed), ['RUN build']);
  t.is((await project.run()).outcomes, 'restored restored ran');
});

test('base images stay while snapshots may need them, and while something is being built', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  const image = join(project.home, 'images', 'fake');
  t.deepEqual(
    (await prune(project, { images: true })).images?.kept.map(({ why }) => why),
    ['needed'],
  );
  using store = openSnapshotStore({ home: project.home });
  const pending = store.begin();
  t.deepEqual(
    (await prune(project, { images: true, all: true })).images?.kept.map(({ why }) => why),
    ['in-use'],
  );
  store.discard(pending);
  t.like(await prune(project, { images: true, dryRun: true }), { images: { removed: [{ name: 'debian-12' }] } });
  t.true(existsSync(image));
  t.like(await prune(project, { images: true }), { images: { removed: [{ name: 'debian-12' }], kept: [] } });
  t.deepEqual([existsSync(image), existsSync(join(project.home, 'images'))], [false, true]);
});

test('what is kept is listed with its step, its restores and what they save', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  const { snapshots, sizeBytes, keepBytes } = await listSnapshots({ home: project.home, keepBytes: 7 });
  t.deepEqual(
    snapshots.map(({ label, step, isNewest, isInUse }) => [label, step?.number, isNewest, isInUse]),
    [
      ['FROM vm/debian:12', '1', true, false],
      ['COPY . .', '2', true, false],
      ['RUN build', '3', true, false],
    ],
  );
  t.is(
    sizeBytes,
    snapshots.reduce((sum, snapshot) => sum + snapshot.sizeBytes, 0),
  );
  t.is(keepBytes, 7);
  using store = openSnapshotStore({ home: project.home, now: () => Date.now() + 120_000 });
  store.touch([store.list()[2]!.id]);
  store.touch([store.list()[2]!.id]);
  t.deepEqual(
    (await listSnapshots({ home: project.home })).snapshots.map(({ hits }) => hits),
    [1, 1, 1],
  );
});

test('verify names every damaged file of the snapshots that are asked for and of what they need', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  using store = openSnapshotStore({ home: project.home });
  const [base, copy, build] = store.list();
  t.deepEqual(await verifySnapshots({ home: project.home, ids: [], signal }), { checked: 3, damaged: [] });
  writeFileSync(join(base!.folder, 'memory.base'), 'wrong');
  rmSync(join(base!.folder, 'device.state'));
  const { damaged, checked } = await verifySnapshots({ home: project.home, ids: [copy!.id.slice(0, 12)], signal });
  t.is(checked, 2);
  t.deepEqual(damaged.map(({ snapshot, file }) => [snapshot.id, file]).sort(), [
    [base!.id, 'device.state'],
    [base!.id, 'memory.base'],
  ]);
  t.is(store.list().length, 3, 'nothing is dropped');
  rmSync(build!.folder, { recursive: true });
  const all = await verifySnapshots({ home: project.home, ids: [build!.id], signal });
  t.deepEqual(all.damaged.map(({ file, why }) => `${file} ${why}`).at(-1), 'manifest.json is missing');
});

test('an id that there is not, or that is not one snapshot only, is refused', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  const verify = (id: string) => verifySnapshots({ home: project.home, ids: [id], signal });
  await t.throwsAsync(verify('xyz'), { code: 'USAGE', message: 'There is no snapshot `xyz`' });
  await t.throwsAsync(verify(''), { code: 'USAGE', message: '3 snapshots begin with ``' });
});

test('prune clears what killed processes left, in folders of snapshots and beside them', async (t) => {
  using project = new FakeProject(FILES);
  await project.run();
  using store = openSnapshotStore({ home: project.home });
  const stray = join(store.list()[1]!.folder, 'memory.delta.zst.tmp');
  writeFileSync(stray, 'half');
  const old = join(project.home, 'snapshots', 'f'.repeat(32));
  mkdirSync(old);
  utimesSync(old, 1, 1);
  await prune(project);
  t.deepEqual([existsSync(stray), existsSync(old)], [false, false]);
});
