import test from 'ava';

import { snapshotTable } from '../../cli/commands/snapshot-table.ts';
import { createPalette } from '../../cli/reporters/palette.ts';
import { widthOf } from '../../cli/text-width.ts';
import type { Runner } from '../../cli/surroundings.ts';
import type { ListedSnapshot, PruneOptions, PruneResult } from '../../runner/index.ts';
import { layer } from './fake-layer.ts';

const NOW = Date.UTC(2026, 10, 22);
const HOUR_MS = 3_600_000;

function snapshot(id: string, number: string, label: string, given: Partial<ListedSnapshot> = {}): ListedSnapshot {
  return {
    id: id.padEnd(32, '0'),
    label,
    step: { workspace: '/home/me/app', layerfile: 'Layerfile', number },
    sizeBytes: 5 << 20,
    createdAtMs: NOW - 50 * HOUR_MS,
    usedAtMs: NOW - 3 * HOUR_MS,
    hits: 2,
    durationMs: 8100,
    parent: null,
    dependsOn: [],
    isNewest: true,
    isInUse: false,
    isPacked: false,
    isFailed: false,
    ...given,
  };
}

const STYLE = { palette: createPalette(false), columns: 80, nowMs: NOW, home: '/home/me' };

test('snapshots are shown by Layerfile in the order of their steps, aligned, the Layerfile used last at the end', (t) => {
  const web = { workspace: '/srv/web', layerfile: 'a/Layerfile', number: '1' };
  const all = [
    snapshot('c3', '10', 'RUN make \u001b[31m-j8\nsecond line', { isInUse: true, hits: 120 }),
    snapshot('b2', '2', 'COPY . .', { sizeBytes: 700, durationMs: 200_000 }),
    snapshot('a1', '1', 'FROM vm/debian:12', { createdAtMs: NOW - 30_000, usedAtMs: NOW }),
    snapshot('d4', '1', 'FROM vm/debian:12', { step: web, usedAtMs: NOW - 900 * HOUR_MS, hits: 0 }),
  ];
  t.is(
    snapshotTable(all, STYLE).join('\n'),
    `  ID            STEP                  SIZE   AGE  USED  HITS     SAVES
/srv/web/a/Layerfile
  d4000000   1  FROM vm/debian:12  5.0 MiB   2 d   5 w     0     8.1 s
~/app/Layerfile
  a1000000   1  FROM vm/debian:12  5.0 MiB  30 s   now     2     8.1 s
  b2000000   2  COPY . .             700 B   2 d   3 h     2  3 m 20 s
  c3000000  10  RUN make -j8       5.0 MiB   2 d   now   120     8.1 s`,
  );
});

test('no line is wider than the terminal, whatever steps and Layerfiles are called', (t) => {
  const long = snapshot('a1', '1', `RUN echo ${'日本語'.repeat(30)}`, {
    step: { workspace: '/'.padEnd(200, 'x'), layerfile: 'Layerfile', number: '1' },
  });
  for (const columns of [80, 120, 72]) {
    const lines = snapshotTable([long], { ...STYLE, columns });
    for (const line of lines) t.true(widthOf(line) <= columns, line);
    t.regex(lines[2] ?? '', /^ {2}a1000000 {2}1 {2}RUN echo .*… {2,}5\.0 MiB/);
  }
});

const listSnapshots: Runner['listSnapshots'] = ({ home, keepBytes }) => {
  if (home !== '/home/layer') throw new Error(home);
  const snapshots = [snapshot('a1', '1', 'FROM vm/debian:12', { durationMs: 1234.5 })];
  return Promise.resolve({ snapshots, sizeBytes: 5 << 20, keepBytes: keepBytes ?? 1 << 30 });
};

test('layer snapshots ends with what is stored, what may be, and what it has saved', async (t) => {
  const run = await layer(['snapshots'], { runner: { listSnapshots }, environment: { LAYER_KEEP_STORAGE: '2GiB' } });
  t.is(run.exitCode, 0);
  t.regex(run.stdout, /\n1 snapshot, 5\.0 MiB of at most 2\.0 GiB; restoring them has saved 2\.5 s\n$/);
});

test('layer snapshots --json tells each of them, and then the sums', async (t) => {
  const { stdout } = await layer(['snapshots', '--json'], { runner: { listSnapshots } });
  const [first, last] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  t.deepEqual(first, {
    event: 'snapshot',
    id: 'a1'.padEnd(32, '0'),
    instruction: 'FROM vm/debian:12',
    workspace: '/home/me/app',
    layerfile: 'Layerfile',
    step: '1',
    sizeBytes: 5 << 20,
    created: '2026-11-19T22:00:00.000Z',
    lastUsed: '2026-11-21T21:00:00.000Z',
    hits: 2,
    durationMs: 1235,
    savedMs: 2469,
    parent: null,
    dependsOn: [],
    newest: true,
    inUse: false,
    packed: false,
    failed: false,
  });
  t.deepEqual(last, { event: 'result', snapshots: 1, sizeBytes: 5 << 20, keepBytes: 1 << 30, savedMs: 2469 });
});

test('layer snapshots says where there are none, and a wrong LAYER_KEEP_STORAGE is a usage error', async (t) => {
  const none: Runner['listSnapshots'] = () => Promise.resolve({ snapshots: [], sizeBytes: 0, keepBytes: 1 });
  t.is(
    (await layer(['snapshots'], { runner: { listSnapshots: none } })).stdout,
    'No snapshots. `layer run` makes them.\n',
  );
  for (const command of ['snapshots', 'run', 'prune', 'upkeep']) {
    const run = await layer([command], { runner: {}, environment: { LAYER_KEEP_STORAGE: 'much' } });
    t.is(run.exitCode, 2, command);
    t.regex(run.stderr, /LAYER_KEEP_STORAGE is `much`: not a size/);
  }
});

test('layer snapshots verify names what is damaged, and ends with 1 then', async (t) => {
  const verifySnapshots: Runner['verifySnapshots'] = ({ ids }) => {
    const broken = snapshot(ids[0] ?? 'ff', '3', 'RUN make\nmore');
    return Promise.resolve({ checked: 14, damaged: [{ snapshot: broken, file: 'disk.qcow2', why: 'is missing' }] });
  };
  const run = await layer(['snapshots', 'verify', 'ab'], { runner: { verifySnapshots } });
  t.is(run.exitCode, 1);
  t.is(
    run.stdout,
    `ab000000  RUN make  disk.qcow2 is missing
14 snapshots checked, 1 file damaged
A run that meets a damaged snapshot drops it, and runs its step again.
`,
  );
  const json = await layer(['snapshots', 'verify', '--json'], { runner: { verifySnapshots } });
  t.is(
    json.stdout,
    `{"event":"damage","id":"${'ff'.padEnd(32, '0')}","instruction":"RUN make\\nmore","file":"disk.qcow2","why":"is missing"}
{"event":"result","checked":14,"damaged":1}
`,
  );
  const sound: Runner['verifySnapshots'] = () => Promise.resolve({ checked: 14, damaged: [] });
  t.deepEqual(await layer(['snapshots', 'verify'], { runner: { verifySnapshots: sound } }), {
    exitCode: 0,
    stdout: '14 snapshots checked, nothing is damaged\n',
    stderr: '',
  });
});

const PRUNED: PruneResult = {
  removed: [snapshot('a1', '2', 'RUN old'), snapshot('b2', '3', 'RUN older')],
  inUse: [snapshot('c3', '4', 'RUN used')],
  keptCount: 9,
  keptBytes: 3 * 2 ** 30,
  keepBytes: 4 * 2 ** 30,
  images: null,
};

function pruning(result: PruneResult, asked: PruneOptions[] = []): Partial<Runner> {
  const pruneSnapshots: Runner['pruneSnapshots'] = (options) => {
    asked.push(options);
    return Promise.resolve(result);
  };
  return { pruneSnapshots, pruneCaches: () => [] };
}

test('layer prune says what went, what is in use, and what is kept', async (t) => {
  const run = await layer(['prune'], { runner: pruning(PRUNED) });
  t.is(run.exitCode, 0);
  t.regex(
    run.stdout,
    /RUN older .*\n2 snapshots, 10\.0 MiB, removed\n1 snapshot, 5\.0 MiB, would go as well, but a run uses them\n9 snapshots, 3\.0 GiB of at most 4\.0 GiB, kept\n$/,
  );
  const dry = await layer(['prune', '--dry-run'], { runner: pruning({ ...PRUNED, inUse: [] }) });
  t.regex(dry.stdout, /\n2 snapshots, 10\.0 MiB, would be removed\n9 snapshots, .*\n$/);
  const nothing = { ...PRUNED, removed: [], inUse: [], keepBytes: null };
  t.is(
    (await layer(['prune', '--older-than', '30d'], { runner: pruning(nothing) })).stdout,
    'No snapshots to remove.\n9 snapshots, 3.0 GiB, kept\n',
  );
});

test('layer prune --images and --caches tell of those, too', async (t) => {
  const image = { id: 'i', name: 'debian-12', sizeBytes: 300 << 20 };
  const images = { removed: [image], kept: [{ ...image, name: 'ubuntu-22.04', why: 'needed' as const }] };
  const run = await layer(['prune', '--images', '--caches', '--all'], { runner: pruning({ ...PRUNED, images }) });
  t.regex(
    run.stdout,
    /kept\nbase image debian-12, 300\.0 MiB, removed\nbase image ubuntu-22\.04, 300\.0 MiB, kept: snapshots need it\n\nNo caches are stored\.\n$/,
  );
  const json = await layer(['prune', '--images', '--caches', '--json'], { runner: pruning({ ...PRUNED, images }) });
  const lines = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.deepEqual(
    lines.map((line) => [line['event'], line['removed'], line['kept']]),
    [
      ['snapshot', true, undefined],
      ['snapshot', true, undefined],
      ['snapshot', false, 'in-use'],
      ['image', true, undefined],
      ['image', false, 'needed'],
      ['result', true, 9],
    ],
  );
  t.deepEqual(lines.at(-1), {
    event: 'result',
    snapshots: 2,
    sizeBytes: 10 << 20,
    inUse: 1,
    kept: 9,
    keptBytes: 3 * 2 ** 30,
    keepBytes: 4 * 2 ** 30,
    images: 1,
    imageBytes: 300 << 20,
    caches: 0,
    cacheBytes: 0,
    removed: true,
  });
});

test('the limits of prune reach the runner, and contradicting ones are refused', async (t) => {
  const asked: PruneOptions[] = [];
  const runner = pruning(PRUNED, asked);
  await layer(['prune', '--keep-storage', '5GB', '--older-than', '1w', '--dry-run'], { runner });
  await layer(['prune'], { runner, environment: { LAYER_KEEP_STORAGE: '1GB' } });
  await layer(['prune', '--caches'], { runner });
  t.is(asked.length, 2);
  t.like(asked[0], {
    home: '/home/layer',
    all: false,
    images: false,
    keepBytes: 5e9,
    olderThanMs: 604_800_000,
    dryRun: true,
  });
  t.like(asked[1], { keepBytes: undefined, budgetBytes: 1e9, dryRun: false });
  const both = await layer(['prune', '--all', '--older-than', '1w'], { runner });
  t.is(both.exitCode, 2);
  t.regex(both.stderr, /--all removes every snapshot/);
});

test('layer upkeep tells what it did', async (t) => {
  const figures = {
    detached: 1,
    evicted: 2,
    evictedBytes: 1024,
    packed: 0,
    packedBytes: 0,
    storedBytes: 0,
    keepBytes: 1024,
  };
  const runUpkeep: Runner['runUpkeep'] = () => Promise.resolve({ outcome: 'done', ...figures });
  const run = await layer(['upkeep'], { runner: { runUpkeep } });
  t.is(
    run.stdout,
    '1 snapshot put on fewer others\n2 snapshots removed, 1.0 KiB freed\n0 B of at most 1.0 KiB stored\n',
  );
  const busy: Runner['runUpkeep'] = () => Promise.resolve({ outcome: 'busy' });
  t.is(
    (await layer(['upkeep', '--json'], { runner: { runUpkeep: busy } })).stdout,
    '{"event":"result","outcome":"busy"}\n',
  );
});
