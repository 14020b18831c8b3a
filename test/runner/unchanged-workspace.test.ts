import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject } from './fake-project.ts';

const FILES = {
  Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN build\n',
  'package.json': '{}',
  'src/main.js': '1',
  'src/deep/util.js': '2',
  'bin/tool': '#!/bin/sh\n',
};

/** `build` reads every file, lists every folder and looks for names that are not there. */
const guest: FakeScript = async (command, { kernel }) => {
  if (!command.includes('build')) return {};
  for (const folder of ['0', '0/src', '0/src/deep', '0/bin']) await kernel.list((await kernel.walk(folder)).nodeId);
  const reads = ['package.json', 'src/main.js', 'src/deep/util.js', 'bin/tool', '.env', 'src/none'];
  return { reads: reads.map((path) => `0/${path}`) };
};

function touchAll(folder: string, seconds: number): void {
  for (const { name, parentPath } of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!join(parentPath, name).includes('.git')) utimesSync(join(parentPath, name), seconds, seconds);
  }
}

test('editing the mtime of every file and folder of a workspace reruns nothing', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  for (const seconds of [1_000_000_000, 2_000_000_000, Math.floor(Date.now() / 1000)]) {
    touchAll(project.repository, seconds);
    const { outcomes, calls } = await project.run();
    t.is(outcomes, 'restored restored restored');
    t.deepEqual(calls, []);
  }
});

test('a fresh clone of the same commit at another path reruns nothing', async (t) => {
  using project = new FakeProject(FILES, guest);
  project.git('add', '.');
  project.git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '--quiet', '-m', 'first');
  await project.run();
  const clone = join(project.home, '../clone');
  project.git('clone', '--quiet', '.', clone);
  const { outcomes, calls } = await project.run({ directory: clone });
  t.is(outcomes, 'restored restored restored');
  t.deepEqual(calls, []);
});

test('a copy of the workspace without its git folder reruns nothing', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  const copy = join(project.home, '../copy');
  cpSync(project.repository, copy, { recursive: true, filter: (path) => !path.endsWith('.git') });
  t.is((await project.run({ directory: copy })).outcomes, 'restored restored restored');
});

test('a Layerfile that comes in a new folder is built, and one that goes is not, whatever is remembered', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  t.is((await project.run()).outcomes, 'restored restored restored');
  mkdirSync(join(project.repository, 'src/deep/below'));
  writeFileSync(join(project.repository, 'src/deep/below/Layerfile'), 'FROM vm/debian:12\n');
  const both = await project.run();
  t.is(both.events.filter(({ event }) => event === 'build').length, 2);
  execFileSync('rm', ['-r', join(project.repository, 'src/deep/below')]);
  const one = await project.run();
  t.is(one.events.filter(({ event }) => event === 'build').length, 1);
});
