import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { LayerError } from '../../util/layer-error.ts';
import { STATE_FILES } from '../../vm/index.ts';
import { FakeProject, type FakeRun } from './fake-project.ts';

const FILES = {
  Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN compile\nRUN check\n',
  'main.c': 'int main;',
  'check.txt': 'one',
};
const READS: Readonly<Record<string, readonly string[]>> = { compile: ['0/main.c'], check: ['0/check.txt'] };

function newProject(files: Readonly<Record<string, string>> = FILES): FakeProject {
  return new FakeProject(files, (command) => {
    const [, reads = []] = Object.entries(READS).find(([word]) => command.includes(word)) ?? [];
    return { reads };
  });
}

/** The file of the guest's memory that step `number` left. */
function memoryFile(project: FakeProject, run: FakeRun, number: number): string {
  const { snapshot = null } = run.steps.find(({ step }) => step === number) ?? {};
  if (snapshot === null) throw new Error(`Step ${number} left no snapshot`);
  const folder = join(project.home, 'snapshots', snapshot);
  const { memoryBase, memoryDelta } = STATE_FILES;
  return join(folder, readdirSync(folder).includes(memoryDelta) ? memoryDelta : memoryBase);
}

const DAMAGES: Readonly<Record<string, (file: string) => void>> = {
  truncated: (file) => truncateSync(file, 1),
  flipped: (file) => {
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    writeFileSync(file, bytes);
  },
  missing: (file) => rmSync(file),
};

for (const [damage, harm] of Object.entries(DAMAGES)) {
  test(`a snapshot with a file that is ${damage} is dropped with a message, and its step runs again`, async (t) => {
    using project = newProject();
    const first = await project.run();
    t.is(first.outcomes, 'ran ran ran ran');
    harm(memoryFile(project, first, 3));
    project.write('check.txt', 'two');
    const second = await project.run();
    t.is(second.outcomes, 'restored restored ran ran');
    t.regex(second.warnings.join('\n'), /^snapshot [0-9a-f]{32} is damaged \(.*\) and was dropped$/m);
    project.write('check.txt', 'three');
    const third = await project.run();
    t.is(third.outcomes, 'restored restored restored ran', 'what it left is sound');
    t.deepEqual(third.warnings, []);
  });
}

/** QEMU makes nothing of the state in any of these folders. */
function refuse(project: FakeProject, folders: readonly string[]): void {
  project.machines.refusal = ({ disk }) => {
    const isRefused = folders.some((folder) => disk.includes(folder));
    return isRefused ? new LayerError('SNAPSHOT_DAMAGED', 'QEMU could not load the saved state') : null;
  };
}

test('a whole snapshot that QEMU refuses is dropped with a message, and its step runs again', async (t) => {
  using project = newProject();
  const { steps } = await project.run();
  const refused = steps[2]!.snapshot!;
  refuse(project, [refused]);
  project.write('check.txt', 'two');
  const second = await project.run();
  t.is(second.outcomes, 'restored restored ran ran');
  t.deepEqual(second.warnings, [
    `snapshot ${refused} cannot be restored (QEMU could not load the saved state) and was dropped`,
  ]);
  project.write('check.txt', 'three');
  const third = await project.run();
  t.is(third.outcomes, 'restored restored restored ran');
  t.deepEqual(third.warnings, []);
});

test('where every snapshot is refused, the image is booted again; where that is refused too, the run ends', async (t) => {
  using project = newProject();
  const first = await project.run();
  const old = first.steps.map(({ snapshot }) => snapshot!);
  refuse(project, old);
  project.write('check.txt', 'two');
  const second = await project.run();
  t.is(second.outcomes, 'ran ran ran ran');
  t.is(second.warnings.length, 3, 'one for each snapshot that was tried');
  refuse(project, ['']);
  project.write('check.txt', 'three');
  await t.throwsAsync(project.run(), { code: 'SNAPSHOT_DAMAGED' });
});

test('another reason not to start is no reason to drop a snapshot', async (t) => {
  using project = newProject();
  await project.run();
  project.write('check.txt', 'two');
  project.machines.refusal = () => new LayerError('MACHINE_DIED', 'The machine ended unexpectedly (SIGKILL)');
  await t.throwsAsync(project.run(), { code: 'MACHINE_DIED' });
  project.machines.refusal = () => null;
  t.is((await project.run()).outcomes, 'restored restored restored ran');
});

test('two runs of the same files at once are both right, and leave a cache that restores', async (t) => {
  using project = newProject();
  const runs = await Promise.all([project.run(), project.run()]);
  for (const { result } of runs) t.is(result.outcome, 'succeeded');
  t.is((await project.run()).outcomes, 'restored restored restored restored');
});
