import test from 'ava';

import { LayerError } from '../../util/layer-error.ts';
import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject } from './fake-project.ts';

const FILES = {
  Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN prepare\nRUN REPEATABLE build\nRUN check\n',
  'tools.txt': 'gcc',
  'a.c': 'a',
  'b.c': 'b',
};

/** `prepare` reads tools.txt; `build` reads a.c and counts in the machine's memory how often it ran there. */
const guest: FakeScript = (command, { memory }) => {
  if (command.includes('prepare')) return { reads: ['0/tools.txt'] };
  if (!command.includes('build')) return {};
  memory.set('builds', String(Number(memory.get('builds') ?? '0') + 1));
  return { stdout: `build ${memory.get('builds')}\n`, reads: ['0/a.c'] };
};

function printed(run: Awaited<ReturnType<FakeProject['run']>>): string {
  return run.events.map((event) => (event.event === 'output' && event.step === 4 ? event.text : '')).join('');
}

test('a REPEATABLE command that must run again goes on in the machine after its own last run', async (t) => {
  using project = new FakeProject(FILES, guest);
  t.is(printed(await project.run()), 'build 1\n');
  for (const [content, expected] of [
    ['edited', 'build 2\n'],
    ['edited again', 'build 3\n'],
  ] as const) {
    project.write('a.c', content);
    const run = await project.run();
    t.is(run.outcomes, 'restored restored restored ran ran');
    t.is(printed(run), expected);
    t.like(run.steps[3]?.miss, { reason: 'changed', path: 'a.c' });
    t.is(run.calls.filter((call) => call === 'restore').length, 1, 'the machine above is not restored for it');
  }
});

test('where QEMU refuses the machine of its own last run, it runs like RUN', async (t) => {
  using project = new FakeProject(FILES, guest);
  const { steps } = await project.run();
  const last = steps[3]!.snapshot!;
  project.machines.refusal = ({ disk }) =>
    disk.includes(last) ? new LayerError('SNAPSHOT_DAMAGED', 'QEMU could not load the saved state') : null;
  project.write('a.c', 'edited');
  const run = await project.run();
  t.is(run.outcomes, 'restored restored restored ran ran');
  t.is(printed(run), 'build 1\n');
  t.regex(run.warnings.join(), new RegExp(`^snapshot ${last} cannot be restored .* and was dropped$`));
});

test('undoing the edit restores what was built before it', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('a.c', 'edited');
  await project.run();
  project.write('a.c', 'a');
  const run = await project.run();
  t.is(run.outcomes, 'restored restored restored restored restored');
  t.deepEqual(run.calls, []);
});

test('what the last run observed is observed by the next one, whether or not it looks again', async (t) => {
  const once: FakeScript = (command, { memory }) => {
    if (!command.includes('build')) return {};
    const reads = memory.has('configured') ? ['0/a.c'] : ['0/a.c', '0/b.c'];
    memory.set('configured', 'yes');
    return { reads };
  };
  using project = new FakeProject(FILES, once);
  await project.run();
  project.write('a.c', 'edited');
  await project.run();
  project.write('b.c', 'edited');
  const run = await project.run();
  t.is(run.outcomes, 'restored restored restored ran ran');
  t.like(run.steps[3]?.miss, { path: 'b.c' });
  t.is((await project.run()).outcomes, 'restored restored restored restored restored');
});

test('where a step above ran again, or the command is another one, it runs like RUN', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('tools.txt', 'clang');
  t.is(printed(await project.run()), 'build 1\n');
  project.write('Layerfile', FILES.Layerfile.replace('REPEATABLE build', 'REPEATABLE build --all'));
  t.is(printed(await project.run()), 'build 1\n');
});

test('--force goes on from the last run, --no-cache does not', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  t.is(printed(await project.run({ force: ['4'] })), 'build 2\n');
  t.is(printed(await project.run({ noCache: true })), 'build 1\n');
});

test('a run that failed is not what the next one goes on from', async (t) => {
  const failing: FakeScript = (command, machine) => {
    const result = guest(command, machine) as { readonly stdout?: string };
    return command.includes('build') && result.stdout === 'build 2\n' ? { ...result, exitCode: 1 } : result;
  };
  using project = new FakeProject(FILES, failing);
  await project.run();
  project.write('a.c', 'broken');
  for (let attempt = 0; attempt < 2; attempt++) {
    const run = await project.run();
    t.is(run.outcomes, 'restored restored restored failed skipped');
    t.is(printed(run), 'build 2\n');
  }
});
