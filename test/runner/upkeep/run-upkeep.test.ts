import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { listSnapshots } from '../../../runner/upkeep/list-snapshots.ts';
import { runUpkeep, type UpkeepFigures, type UpkeepOptions } from '../../../runner/upkeep/run-upkeep.ts';
import { tryUpkeepLock } from '../../../runner/upkeep/upkeep-lock.ts';
import { verifySnapshots } from '../../../runner/upkeep/verify-snapshots.ts';
import { type MachineState, STATE_FILES } from '../../../vm/index.ts';
import type { FakeScript } from '../../helpers/fake-machine.ts';
import { FakeProject } from '../fake-project.ts';
import { fakeSquash } from './fake-squash.ts';

const { signal } = new AbortController();
const HOUR_MS = 3_600_000;
const REPEATABLE = {
  Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN REPEATABLE build\nRUN check\n',
  'a.c': 'a',
};

/** `build` reads a.c and counts in the machine's memory, of which it leaves much that compresses well. */
const guest: FakeScript = (command, { memory }) => {
  if (!command.includes('build')) return {};
  memory.set('blob', 'x'.repeat(60_000));
  memory.set('builds', String(Number(memory.get('builds') ?? '0') + 1));
  return { stdout: `build ${memory.get('builds')}\n`, reads: ['0/a.c'] };
};

async function upkeep(home: string, options: Partial<UpkeepOptions> = {}): Promise<UpkeepFigures> {
  const result = await runUpkeep({ home, signal, ...options });
  if (result.outcome === 'busy') throw new Error('somebody else is at it');
  return result;
}

const later = (hours: number) => (): number => Date.now() + hours * HOUR_MS;

async function buildTimes(project: FakeProject, times: number): Promise<void> {
  for (let time = 1; time <= times; time++) {
    project.write('a.c', `version ${time}`);
    await project.run();
  }
}

function printed(run: Awaited<ReturnType<FakeProject['run']>>): string {
  return run.events.map((event) => (event.event === 'output' && event.step === 3 ? event.text : '')).join('');
}

for (const memory of ['memoryDelta', 'memoryBase'] as const) {
  test(`over its budget, what idle runs of RUN REPEATABLE left goes, and the last one stands without them: ${memory}`, async (t) => {
    using project = new FakeProject(REPEATABLE, guest);
    const { home } = project;
    await buildTimes(project, 4);
    const before = await listSnapshots({ home });
    const squash = fakeSquash(memory);
    const figures = await upkeep(home, { keepBytes: before.sizeBytes * 0.5, squash, now: later(2) });
    t.is(figures.detached, 1);
    t.true(figures.evicted >= 3, String(figures.evicted));
    t.true(figures.storedBytes <= before.sizeBytes * 0.5);
    t.deepEqual((await verifySnapshots({ home, ids: [], signal })).damaged, []);
    t.is((await project.run()).outcomes, 'restored restored restored restored');
    project.write('a.c', 'version 5');
    const run = await project.run();
    t.is(run.outcomes, 'restored restored ran ran');
    t.is(printed(run), 'build 5\n');
    const { snapshots } = await listSnapshots({ home });
    const base = snapshots.find(({ dependsOn }) => dependsOn.length === 0)!;
    const squashed = snapshots.filter(({ label, dependsOn }) => /^RUN R/.test(label) && dependsOn.join() === base.id);
    t.is(squashed.length, 1);
    const files = readdirSync(join(home, 'snapshots', squashed[0]!.id)).filter((name) => name.startsWith('memory'));
    t.true(
      files.every((name) => name.startsWith(STATE_FILES[memory])),
      files.join(),
    );
  });
}

test('what is slow to restore gets a memory of its own, once, and what stands on it is restored from that', async (t) => {
  using project = new FakeProject(REPEATABLE, guest);
  const { home } = project;
  await buildTimes(project, 1);
  const options = {
    squash: fakeSquash('memoryBase'),
    isHeavy: async (state: MachineState) =>
      Promise.resolve(state.format === 'private' && state.memoryDeltas.length > 1),
  };
  t.is((await upkeep(home, options)).detached, 1);
  t.is((await upkeep(home, options)).detached, 0, 'nothing is slow any more');
  t.deepEqual((await verifySnapshots({ home, ids: [], signal })).damaged, []);
  project.write('a.c', 'version 2');
  const run = await project.run();
  t.is(printed(run), 'build 2\n');
});

test('what was not used for an hour is packed, and is unpacked by the run that needs it', async (t) => {
  using project = new FakeProject(REPEATABLE, guest);
  const { home } = project;
  await buildTimes(project, 1);
  t.is((await upkeep(home)).packed, 0);
  const figures = await upkeep(home, { now: later(2) });
  t.is(figures.packed, 2);
  t.true(figures.packedBytes > 80_000);
  t.deepEqual(filesNamed(home, 'memory.delta').length, 1, 'that of COPY is too small');
  t.is(filesNamed(home, 'memory.base').length, 1);
  t.is((await project.run()).outcomes, 'restored restored restored restored');
  t.is(filesNamed(home, 'memory.delta').length, 1, 'nothing was unpacked for that');
  project.write('a.c', 'edited');
  t.is(printed(await project.run()), 'build 2\n');
  t.deepEqual((await verifySnapshots({ home, ids: [], signal })).damaged, []);
});

test('upkeep that removes all it may does not disturb a build that goes on meanwhile', async (t) => {
  const figures: UpkeepFigures[] = [];
  using project = new FakeProject(REPEATABLE, async (command, machine) => {
    if (command.includes('build') || command.includes('check'))
      figures.push(await upkeep(project.home, { keepBytes: 0, squash: fakeSquash('memoryDelta'), now: later(48) }));
    return await guest(command, machine);
  });
  const run = await project.run();
  t.is(run.outcomes, 'ran ran ran ran');
  t.deepEqual(run.warnings, []);
  t.deepEqual(
    figures.map(({ evicted, detached, packed }) => evicted + detached + packed),
    [0, 0],
  );
  t.is((await project.run()).outcomes, 'restored restored restored restored');
});

test('one upkeep at a time', async (t) => {
  using project = new FakeProject(REPEATABLE, guest);
  await project.run();
  {
    using _held = tryUpkeepLock(project.home)!;
    t.deepEqual(await runUpkeep({ home: project.home, signal }), { outcome: 'busy' });
  }
  t.like(await runUpkeep({ home: project.home, signal }), { outcome: 'done', evicted: 0 });
});

test('an upkeep that is interrupted says so', async (t) => {
  using project = new FakeProject(REPEATABLE, guest);
  await project.run();
  const reason = new Error('enough');
  const aborted = AbortSignal.abort(reason);
  t.is(await t.throwsAsync(upkeep(project.home, { signal: aborted, now: later(2) })), reason);
});

test('a damaged packed file is found before a machine starts on it, and the step runs again', async (t) => {
  using project = new FakeProject(REPEATABLE, guest);
  const { home } = project;
  await buildTimes(project, 1);
  await upkeep(home, { now: later(2) });
  for (const file of filesNamed(home, 'memory.delta.zst')) {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 4;
    writeFileSync(file, bytes);
  }
  const checked = await verifySnapshots({ home, ids: [], signal });
  t.deepEqual(
    [...new Set(checked.damaged.map(({ file, why }) => `${file} ${why}`))],
    ['memory.delta does not match its checksum'],
  );
  project.write('a.c', 'edited');
  const run = await project.run();
  t.is(run.outcomes, 'restored restored ran ran');
  t.is(printed(run), 'build 1\n');
  t.regex(run.warnings.join('\n'), /is damaged \(memory\.delta: does not match its checksum\) and was dropped/);
});

function filesNamed(home: string, name: string): string[] {
  const folder = join(home, 'snapshots');
  return readdirSync(folder)
    .map((id) => join(folder, id, name))
    .filter((path) => existsSync(path));
}
