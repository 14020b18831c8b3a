import test from 'ava';

import { runCommandLine } from '../../cli/command-line.ts';
import type { Runner } from '../../cli/surroundings.ts';
import { planLayerfiles } from '../../runner/run-layerfiles.ts';
import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject } from '../runner/fake-project.ts';
import { RecordedStream } from './recorded-stream.ts';

const FILES = {
  'web/Layerfile': 'FROM vm/debian:12\nMEMORY 1G\nCOPY . .\nRUN install\nRUN build\n',
  'web/package.json': '{}',
  'web/main.js': '1',
};

/** `install` reads package.json; `build` reads main.js, and twelve files that are not there. */
const guest: FakeScript = (command) => {
  if (command.includes('install')) return { reads: ['0/package.json'] };
  if (!command.includes('build')) return {};
  return { reads: ['0/main.js', ...Array.from({ length: 12 }, (_, index) => `0/none-${index}`)] };
};

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function layer(project: FakeProject, ...args: readonly string[]): Promise<Ended> {
  const [stdout, stderr] = [new RecordedStream(), new RecordedStream()];
  const exitCode = await runCommandLine(args, {
    isStdinTerminal: () => false,
    stdout,
    stderr,
    stdin: () => {
      throw new Error('stdin was opened');
    },
    environment: { LAYER_HOME: project.home, LAYER_ACCEL: 'tcg' },
    currentFolder: () => project.repository,
    readInput: () => '',
    loadRunner: () => Promise.resolve({ planLayerfiles } as Partial<Runner> as Runner),
    watchSignals: () => ({
      signal: new AbortController().signal,
      passTo: () => undefined,
      [Symbol.dispose]: () => undefined,
    }),
  });
  return { exitCode, stdout: withoutTimes(stdout.text), stderr: stderr.text };
}

/** Times and sizes differ from host to host, digests from nothing. */
function withoutTimes(text: string): string {
  return text
    .replaceAll(/\d+\.\d+ s/g, '<time>')
    .replaceAll(/[\d.]+ (B|KiB|MiB)/g, '<size>')
    .replaceAll(' (restoring saves <time>)', '');
}

test('why says which observation of the first step that would run has changed', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('web/main.js', 'edited');
  t.deepEqual(await layer(project, 'why'), {
    exitCode: 0,
    stdout: `\
web/Layerfile (web, 5 steps)

5/5  RUN build
  would run: web/main.js changed
    observed  content of web/main.js
    was       sha256:6b86b273ff34fce1…
    is now    sha256:1fb9f4097256db2d…
`,
    stderr: '',
  });
});

test('a step that does nothing is not the one that is explained, but has the reason of its snapshot', async (t) => {
  const Layerfile = 'FROM vm/debian:12\nCOPY . .\nMEMORY 1G\nRUN install\n';
  using project = new FakeProject({ Layerfile, 'package.json': '{}' }, guest);
  await project.run();
  project.write('package.json', '{"edited":1}');
  t.regex(
    (await layer(project, 'why')).stdout,
    /^4\/4 {2}RUN install\n {2}would run: package.json changed\n {4}observed {2}content/m,
  );
  t.regex((await layer(project, 'why', '3')).stdout, /^3\/4 {2}MEMORY 1G\n {2}would run: package.json changed\n/m);
  const { outcomes, steps } = await project.run();
  t.is(outcomes, 'restored restored ran ran');
  t.like(steps[3]?.miss, { reason: 'changed', path: 'package.json' });
});

test('why of a step below says which step above runs first', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('web/package.json', '{"edited":1}');
  const { stdout } = await layer(project, 'why', 'web', 'RUN build');
  t.is(
    stdout,
    `\
web/Layerfile (web, 5 steps)

5/5  RUN build
  would run: a step above changed
  Step 4 above runs first: web/package.json changed
`,
  );
});

test('why of a restored step lists what it observed, long lists folded', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  t.is(
    (await layer(project, 'why', '5')).stdout,
    `\
web/Layerfile (web, 5 steps)

5/5  RUN build
  restored, which saves <time>: all that it observed is as it was
  content 1 (read)
    web/main.js
  absent 12 (looked for and not there)
    web/  12 paths
  snapshot after this step: takes <size>, costs <time>, saves <time>
`,
  );
});

test('why without a step lists all of them where all are restored', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  const { stdout } = await layer(project, 'why', 'web');
  t.regex(stdout, /^2\/5 {2}MEMORY 1G\n {2}restored\n {2}It has no snapshot of its own/m);
  t.regex(stdout, /^4\/5 {2}RUN install\n {2}restored, which saves <time>\n {2}observed 1 content\n/m);
});

test('why --json prints the chosen step with every observation', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  const lines = (await layer(project, 'why', '--json', '5')).stdout.trimEnd().split('\n');
  t.is(lines.length, 1);
  const step = JSON.parse(lines[0] ?? '') as { readonly observations: readonly unknown[] };
  t.like(step, { event: 'step', step: 5, outcome: 'restored', observed: { content: 1, absent: 12 } });
  t.is(step.observations.length, 13);
  t.like(step.observations[0], { path: 'web/main.js', kind: 'content' });
});

test('what is neither a path nor a step is refused', async (t) => {
  using project = new FakeProject(FILES, guest);
  const { exitCode, stderr } = await layer(project, 'why', 'RUN nothing');
  t.is(exitCode, 2);
  t.regex(stderr, /No step is `RUN nothing`/);
});

test('reasons without an observation are told as well', async (t) => {
  using project = new FakeProject(FILES, guest);
  t.regex((await layer(project, 'why')).stdout, /would run: new\n {4}No run here has left a snapshot of it yet\./);
  await project.run();
  project.write('web/Layerfile', FILES['web/Layerfile'].replace('RUN build', 'RUN build --fast'));
  t.regex((await layer(project, 'why')).stdout, /would run: the instruction changed\n {4}was {7}RUN build\n/);
});

test('plan -v says what each step observed, and what its snapshot costs and saves', async (t) => {
  using project = new FakeProject(FILES, guest);
  await project.run();
  project.write('web/main.js', 'edited');
  const { stdout } = await layer(project, 'plan', '-v', '--progress', 'plain');
  t.is(
    stdout,
    `\
web/Layerfile (web, 5 steps)
1/5  restored            FROM vm/debian:12
     observed nothing
     snapshot after this step: takes <size>, costs <time>, saves <time>
2/5  restored            MEMORY 1G
     no snapshot after this step: it does nothing in the machine
3/5  restored            COPY . .
     observed 1 exists
     snapshot after this step: takes <size>, costs <time>, saves <time>
4/5  restored            RUN install
     observed 1 content
     snapshot after this step: takes <size>, costs <time>, saves <time>
5/5  would-run           RUN build  (web/main.js changed)
     snapshot after this step: costs <time>, saves <time>
4 restored, 1 would run in <time>
`,
  );
});

test('why of a step below a SPLIT tells copies apart only where there is another thing to say', async (t) => {
  using project = new FakeProject({ 'web/Layerfile': 'FROM vm/debian:12\nRUN build\nSPLIT 3\nRUN test\n' });
  const why = await layer(project, 'why', 'web', '4');
  t.is(
    why.stdout,
    `\
web/Layerfile (web, 4 steps)

4/4  RUN test
  would run: new
    No run here has left a snapshot of it yet.
  Step 1 above runs first: new
`,
  );
});
