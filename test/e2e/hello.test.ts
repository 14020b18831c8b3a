import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, stepOf } from './project.ts';
import { compareTranscript } from './transcript.ts';

/** How far the guest's clock may be off after a restore (issue 2, acceptance). */
const CLOCK_LIMIT_MS = 500;

machineTest('hello: what a person sees the first time, the second time, and after an edit', async (t) => {
  using project = Project.ofExample('hello');
  const runPlainly = async (): Promise<string> => (await project.start(['run', '--progress', 'plain']).ended).stdout;
  const first = await runPlainly();
  const second = await runPlainly();
  project.write('greeting.txt', 'Hello again.\n');
  const edited = await runPlainly();
  compareTranscript(t, 'hello', [first, second, edited].join('\n'));
});

machineTest('two restores of one snapshot have different random numbers, and the right time', async (t) => {
  using project = Project.of({
    Layerfile: 'FROM vm/debian:12\nRUN true\nRUN cat /proc/sys/kernel/random/uuid && date +%s%3N\n',
  });
  const uuids = new Set<string>();
  for (const force of [[], ['--force', '3'], ['--force', '3']]) {
    const startedMs = Date.now();
    let heardMs = 0;
    const run = await project.start(['run', '--json', ...force], (event) => {
      if (event.event === 'output' && event.step === 3) heardMs = Date.now();
    }).ended;
    t.is(outcomes(run), force.length === 0 ? 'restored ran ran' : 'restored restored ran');
    const [uuid = '', date = ''] = outputOf(run, 3).split('\n');
    t.regex(uuid, /^[0-9a-f-]{36}$/);
    uuids.add(uuid);
    t.true(
      Number(date) > startedMs - CLOCK_LIMIT_MS && Number(date) < heardMs + CLOCK_LIMIT_MS,
      `${startedMs} ${date} ${heardMs}`,
    );
  }
  t.is(uuids.size, 3);
});

machineTest('c-project: an edit of a test runs the test, an edit of a header the compiler too', async (t) => {
  using project = Project.ofExample('c-project');
  const first = await project.run();
  t.is(outcomes(first), 'restored ran ran ran ran', first.stderr);
  t.regex(outputOf(first, 5), /all tests passed/);

  project.write('test/poem.expected', 'something else\n');
  const tested = await project.run();
  t.is(outcomes(tested), 'restored restored restored restored failed');
  t.is(tested.exitCode, 1);

  project.write('test/poem.expected', '3 lines, 14 words, 71 bytes\n');
  project.write('src/count.h', `${project.read('src/count.h')}/* The end. */\n`);
  const compiled = await project.run();
  t.is(outcomes(compiled), 'restored restored restored ran ran');
  t.like(stepOf(compiled, 4).miss, { reason: 'changed', kind: 'content', path: 'src/count.h' });
});
