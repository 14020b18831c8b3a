import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { openSnapshotStore, type SnapshotStore } from '../../../snapshots/index.ts';
import { LayerError } from '../../../util/layer-error.ts';
import type { FakeScript } from '../../helpers/fake-machine.ts';
import { FakeProject } from '../fake-project.ts';
import { shellIn } from './shell-run.ts';

const LAYERFILE = 'FROM vm/debian:12\nCOPY . .\nRUN install\nLABEL status=hidden\nRUN build\n';
const FILES = { Layerfile: LAYERFILE, 'package.json': '{}', 'main.js': '1' };

/** Each step leaves its name in the machine's memory, also one that fails; a shell prints all of them. */
function guest(failing: () => string = () => 'none'): FakeScript {
  return (command, { memory, input }) => {
    if (/exec bash$/.test(command))
      return { stdout: `${[...memory.keys()].join(' ')} | ${input.toString()}`, exitCode: 7 };
    if (command.includes('install')) {
      memory.set('installed', 'yes');
      return { reads: ['0/package.json'], exitCode: failing() === 'install' ? 1 : 0 };
    }
    if (!command.includes('build')) return {};
    memory.set('built', 'yes');
    return { reads: ['0/main.js'], exitCode: failing() === 'build' ? 1 : 0 };
  };
}

test('a shell is in the machine after the step that is named, and its exit code is the shell’s', async (t) => {
  using project = new FakeProject(FILES, guest());
  await project.run();
  const third = await shellIn(project, '3', { typed: 'ls\n' });
  t.is(third.opened, 'restored 3');
  t.is(third.stdout, 'installed | ls\n');
  t.deepEqual(third.end, { exitCode: 7, signalName: null });
  t.like(await shellIn(project, 'RUN build'), { opened: 'restored 5', stdout: 'installed built | ' });
  t.like(await shellIn(project), { opened: 'restored 5' });
  t.like(await shellIn(project, '1'), { opened: 'restored 1', stdout: ' | ' });
});

test('nothing that is done in a shell is kept, and no step is saved anew', async (t) => {
  using project = new FakeProject(FILES, guest());
  await project.run();
  const folders = readdirSync(join(project.home, 'snapshots')).sort();
  const { calls } = await shellIn(project, '3');
  t.deepEqual(
    calls.map((call) => call.split(' ', 1)[0]),
    ['restore', 'run', 'end'],
  );
  t.deepEqual(readdirSync(join(project.home, 'snapshots')).sort(), folders);
  t.is((await project.run()).outcomes, 'restored restored restored restored restored');
});

test('a step without a snapshot of its own opens the machine of the nearest above', async (t) => {
  using project = new FakeProject(FILES, guest());
  await project.run();
  t.like(await shellIn(project, '4'), { opened: 'restored 3 for 4', stdout: 'installed | ' });
  project.write('Layerfile', `${LAYERFILE}RUN added\n`);
  t.like(await shellIn(project), { opened: 'restored 5 for 6' });
});

test('where the inputs of a step have changed, it is the machine that its last run left, told of what changed', async (t) => {
  using project = new FakeProject(FILES, guest());
  await project.run();
  project.write('package.json', '{"edited":true}');
  const { opened, stdout, calls } = await shellIn(project, '5');
  t.is(opened, 'stale 5');
  t.is(stdout, 'installed built | ');
  t.true(
    calls.some((call) => call.includes('drop_caches')),
    'the guest forgets what it has in its caches',
  );
  t.like(await shellIn(project, '2'), { opened: 'restored 2' });
});

test('a step that failed left its machine, which the shell without a step opens', async (t) => {
  let failing = 'build';
  using project = new FakeProject(
    FILES,
    guest(() => failing),
  );
  t.is((await project.run()).outcomes, 'ran ran ran ran failed');
  t.like(await shellIn(project), { opened: 'failed 5', stdout: 'installed built | ' });
  t.like(await shellIn(project, '5'), { opened: 'failed 5' });
  t.like(await shellIn(project, '3'), { opened: 'restored 3' });
  failing = 'none';
  await project.run();
  t.like(await shellIn(project), { opened: 'restored 5' });
});

test('a failure is newer than what the steps below it left before', async (t) => {
  let failing = 'none';
  using project = new FakeProject(
    FILES,
    guest(() => failing),
  );
  await project.run();
  project.write('package.json', '{"broken":true}');
  failing = 'install';
  t.is((await project.run()).outcomes, 'restored restored failed skipped skipped');
  t.like(await shellIn(project), { opened: 'failed 3', stdout: 'installed | ' });
  t.like(await shellIn(project, '5'), { opened: 'stale 5' });
  t.like(await shellIn(project, '4'), { opened: 'failed 3 for 4' });
});

test('a failed step is told as one whose machine was kept, and its snapshot is null', async (t) => {
  using project = new FakeProject(
    FILES,
    guest(() => 'build'),
  );
  const { steps } = await project.run();
  t.like(steps[4], { outcome: 'failed', snapshot: null, snapshotMs: null, failedState: true });
  t.false('failedState' in (steps[2] ?? {}));
});

test('a run that is cancelled keeps no failed state', async (t) => {
  const controller = new AbortController();
  using project = new FakeProject(FILES, (command) => {
    if (!command.includes('install')) return {};
    controller.abort(new Error('Ctrl-C'));
    return { exitCode: 1 };
  });
  await project.run({ signal: controller.signal });
  t.is(await withStore(project, (store) => store.list().length), 2);
});

test('a machine that cannot be kept costs a warning: the step has failed as it did', async (t) => {
  using project = new FakeProject(FILES, (command) => {
    // What the machine would be saved to is there already.
    if (command.includes('install')) occupyPending(project.home);
    return command.includes('install') ? { exitCode: 3 } : {};
  });
  const { steps, outcomes, warnings, calls } = await project.run();
  t.is(outcomes, 'ran ran failed skipped skipped');
  t.like(steps[2], { exitCode: 3, outcome: 'failed' });
  t.false('failedState' in (steps[2] ?? {}));
  t.regex(warnings.join(), /its machine could not be kept for `layer shell`/);
  t.is(calls.at(-2), 'thaw');
  t.like(await shellIn(project), { opened: 'restored 2 for 5' });
});

test('where nothing was run yet, a shell says what to do', async (t) => {
  using project = new FakeProject(FILES, guest());
  const error = await t.throwsAsync(shellIn(project), { code: 'STATE_MISSING', message: /No machine of Layerfile/ });
  t.regex((error as Error & { readonly hint: string }).hint, /Run `layer run` first/);
});

test('a snapshot that is damaged is dropped, and the machine of the step above is opened', async (t) => {
  using project = new FakeProject(FILES, guest());
  await project.run();
  const { folder } = await withStore(project, (store) => store.list()[2]!);
  writeFileSync(join(folder, 'memory.delta'), 'flipped');
  const { opened, warnings } = await shellIn(project, '3');
  t.is(opened, 'restored 2 for 3');
  t.regex(warnings.join(), /is damaged .* and was dropped/);
});

test('a machine that QEMU refuses is dropped, and that of the step above is opened', async (t) => {
  using project = new FakeProject(FILES, guest());
  const { steps } = await project.run();
  const refused = steps[2]!.snapshot!;
  project.machines.refusal = ({ disk }) =>
    disk.includes(refused) ? new LayerError('SNAPSHOT_DAMAGED', 'QEMU could not load the saved state') : null;
  const { opened, warnings } = await shellIn(project, '3');
  t.is(opened, 'restored 3, restored 2 for 3');
  t.regex(warnings.join(), /cannot be restored .* and was dropped/);
});

test('a machine of another kind is not tried', async (t) => {
  using project = new FakeProject(FILES, guest());
  await project.run();
  project.write('Layerfile', LAYERFILE.replace('COPY', 'MEMORY 2G\nCOPY'));
  await t.throwsAsync(shellIn(project, '4'), { code: 'STATE_MISSING' });
});

test('a step that there is not, or that several could be, is a usage error', async (t) => {
  using project = new FakeProject(FILES, guest());
  await project.run();
  await t.throwsAsync(shellIn(project, '9'), { code: 'USAGE', message: 'No step of Layerfile is `9`' });
  await t.throwsAsync(shellIn(project, 'RUN'), { code: 'USAGE', message: /begin with `RUN`: 3, 5$/ });
});

test('a folder means its own Layerfile, or the only one below it', async (t) => {
  using project = new FakeProject({ 'a/Layerfile': LAYERFILE, 'a/b/Layerfile': LAYERFILE }, guest());
  await project.run();
  t.like(await shellIn(project, '3', { path: 'a' }), { opened: 'restored 3' });
  await t.throwsAsync(shellIn(project, '3', { path: '.' }), {
    code: 'USAGE',
    message: /a\/Layerfile, a\/b\/Layerfile/,
  });
});

function occupyPending(home: string): void {
  const folders = readdirSync(join(home, 'snapshots'), { withFileTypes: true });
  for (const { name } of folders) {
    const files = readdirSync(join(home, 'snapshots', name));
    if (!files.includes('manifest.json')) writeFileSync(join(home, 'snapshots', name, 'memory.delta'), '');
  }
}

async function withStore<T>(project: FakeProject, use: (store: SnapshotStore) => T): Promise<T> {
  using store = openSnapshotStore({ home: project.home });
  return await Promise.resolve(use(store));
}
