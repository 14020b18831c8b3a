import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject } from './fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nCOPY . .\nRUN install\nRUN build\n';
const FILES = { Layerfile: LAYERFILE, 'package.json': '{}', 'main.js': '1', 'README.md': '' };

/** `install` reads package.json, `build` reads main.js and looks for .env; `0/` is the view that COPY made. */
const guest: FakeScript = (command) => {
  if (command.includes('install')) return { stdout: 'installed\n', reads: ['0/package.json'] };
  return command.includes('build') ? { stdout: 'built\n', reads: ['0/main.js', '0/.env'] } : {};
};

function folders(project: FakeProject): readonly string[] {
  return readdirSync(join(project.home, 'snapshots'));
}

test('the first run boots, restores once and runs everything below', async (t) => {
  using project = new FakeProject(FILES, guest);
  const { outcomes, result, calls, steps } = await project.run();
  t.is(outcomes, 'ran ran ran ran');
  t.like(result, { outcome: 'succeeded', restored: 0, ran: 4, failed: 0 });
  t.is(calls.filter((call) => call === 'boot').length, 1);
  t.is(calls.filter((call) => call === 'restore').length, 1);
  t.is(calls.filter((call) => call === 'save').length, 4);
  t.like(steps[3], { observed: { content: 1, absent: 1 }, miss: { reason: 'new' }, exitCode: 0 });
});

test('a second run restores everything and calls no machine', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  const { outcomes, calls, result } = await project.run();
  t.is(outcomes, 'restored restored restored restored');
  t.deepEqual(calls, []);
  t.is(result.ran, 0);
});

test('an edit of a file that nothing read restores everything', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('README.md', 'edited');
  project.write('new.txt', 'added');
  t.deepEqual((await project.run()).calls, []);
});

test('an edit runs the step that read the file and those below it, and undoing it restores them', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('package.json', '{"edited":true}');
  const edited = await project.run();
  t.is(edited.outcomes, 'restored restored ran ran');
  t.like(edited.steps[2]?.miss, { reason: 'changed', kind: 'content', path: 'package.json' });
  project.write('package.json', '{}');
  t.is((await project.run()).outcomes, 'restored restored restored restored');
});

test('a file that a step looked for runs that step when it comes', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('.env', 'A=1');
  const { outcomes, steps } = await project.run();
  t.is(outcomes, 'restored restored restored ran');
  t.like(steps[3]?.miss, { reason: 'changed', kind: 'absent', path: '.env' });
});

test('what a machine remembers is there when it is restored', async (t) => {
  const seen: (string | undefined)[] = [];
  const remembering: FakeScript = (command, { memory }) => {
    if (command.includes('install')) memory.set('service', 'running');
    if (command.includes('build')) seen.push(memory.get('service'));
    return {};
  };
  using project = new FakeProject(FILES, remembering);
  await project.run();
  await project.run({ force: ['4'] });
  t.deepEqual(seen, ['running', 'running']);
});

test('a failed step ends the run, leaves no snapshot, and is tried again from the one above', async (t) => {
  let exitCode = 3;
  using project = new FakeProject(FILES, (command) =>
    command.includes('install') ? { exitCode, stderr: 'no\n' } : {},
  );
  const first = await project.run();
  t.is(first.outcomes, 'ran ran failed skipped');
  t.like(first.result, { outcome: 'failed', failed: 1 });
  t.like(first.steps[2], { exitCode: 3, snapshot: null, line: 3 });
  const kept = folders(project);
  t.is(kept.length, 2);
  t.is((await project.run()).outcomes, 'restored restored failed skipped');
  t.deepEqual(folders(project), kept, 'nothing is left of it on disk');
  exitCode = 0;
  t.is((await project.run()).outcomes, 'restored restored ran ran');
});

test('a command that a signal ended fails its step and says so', async (t) => {
  using project = new FakeProject(FILES, () => ({ signalName: 'SIGSEGV' }));
  const { steps, events } = await project.run();
  t.like(steps[2], { outcome: 'failed', exitCode: null });
  t.true(events.some((event) => event.event === 'output' && event.text.includes('SIGSEGV')));
});

test('a COPY of what is not there fails with its place', async (t) => {
  using project = new FakeProject({ Layerfile: 'FROM vm/debian:12\nCOPY a.txt missing.txt /app/\n', 'a.txt': '' });
  const { outcomes, events } = await project.run();
  t.is(outcomes, 'ran failed');
  t.true(
    events.some((event) => event.event === 'output' && event.text.startsWith('Layerfile:2:12: missing.txt is not in')),
  );
});

test('a file that is edited while a step reads it is named, and neither that step nor those below are kept', async (t) => {
  let edit: (() => void) | null = null;
  const editing: FakeScript = async (command, machine) => {
    const result = await guest(command, machine);
    if (!command.includes('build')) return result;
    await machine.kernel.walk('0/main.js').then(async ({ nodeId }) => machine.kernel.read(nodeId));
    edit?.();
    return result;
  };
  using project = new FakeProject({ ...FILES, Layerfile: `${LAYERFILE}RUN test\n` }, editing);
  edit = () => project.write('main.js', 'edited');
  const edited = await project.run();
  edit = null;
  t.is(edited.outcomes, 'ran ran ran ran ran');
  t.deepEqual(
    edited.steps.map(({ snapshot }) => snapshot !== null),
    [true, true, true, false, false],
  );
  t.regex(edited.warnings.join('\n'), /main\.js changed while the run was reading it/);
  const again = await project.run();
  t.is(again.outcomes, 'restored restored restored ran ran');
  t.like(again.steps[3]?.miss, { reason: 'unpublishable', paths: ['main.js'] });
  t.is((await project.run()).outcomes, 'restored restored restored restored restored');
});

test('a run that is cancelled in a step ends the machine and every step', async (t) => {
  const controller = new AbortController();
  using project = new FakeProject(FILES, (command) => {
    if (command.includes('install')) controller.abort(new Error('Ctrl-C'));
    return {};
  });
  const { outcomes, result, calls } = await project.run({ signal: controller.signal });
  t.is(outcomes, 'ran ran cancelled cancelled');
  t.is(result.outcome, 'cancelled');
  t.is(calls.at(-1), 'end');
  t.is((await project.run()).outcomes, 'restored restored ran ran');
});

test('a machine that dies fails the step it was running, and leaves the cache as it was', async (t) => {
  using project = new FakeProject(FILES, (command) => {
    if (command.includes('build')) project.machines.machines.at(-1)?.kill();
    return {};
  });
  const outcomes: string[] = [];
  const emit = (event: { readonly event: string; readonly outcome?: string }): void => {
    if (event.event === 'step') outcomes.push(event.outcome ?? '');
  };
  await t.throwsAsync(project.run({ emit }), { code: 'MACHINE_DIED' });
  t.deepEqual(outcomes, ['ran', 'ran', 'ran', 'failed']);
  t.is((await project.plan()).outcomes, 'restored restored restored would-run');
});

test('--no-cache runs everything but FROM, and --force a step and those below', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  const all = await project.run({ noCache: true });
  t.is(all.outcomes, 'restored ran ran ran');
  t.is(all.steps[1]?.miss?.reason, 'forced');
  t.is((await project.run({ force: ['RUN build'] })).outcomes, 'restored restored restored ran');
  t.is((await project.run({ force: ['3'] })).outcomes, 'restored restored ran ran');
});

test('a plan says what a run would do, and starts nothing', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('main.js', '2');
  const { outcomes, calls, steps } = await project.plan();
  t.is(outcomes, 'restored restored restored would-run');
  t.deepEqual(calls, []);
  t.like(steps[3]?.miss, { reason: 'changed', path: 'main.js' });
});

test('a changed instruction is told from a new one', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('Layerfile', LAYERFILE.replace('RUN build', 'RUN build --fast'));
  const { steps, outcomes } = await project.run();
  t.is(outcomes, 'restored restored restored ran');
  t.is(steps[3]?.miss?.reason, 'instruction');
});

test('several Layerfiles are built, each with its own events', async (t) => {
  using project = new FakeProject({
    'a/Layerfile': 'FROM vm/debian:12\nRUN a\n',
    'b/Layerfile': 'FROM vm/debian:12\nRUN b\n',
  });
  const { steps, result } = await project.run();
  t.deepEqual(steps.map(({ layerfile, step }) => `${layerfile} ${step}`).sort(), [
    'a/Layerfile 1',
    'a/Layerfile 2',
    'b/Layerfile 1',
    'b/Layerfile 2',
  ]);
  t.like(result, { restored: 1, ran: 3 });
});
