import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';

import { environmentText } from '../../runner/command-text.ts';
import type { Variables } from '../../runner/run-environment.ts';
import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject, type FakeRun } from './fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nENV VERSION=none\nBUILD ENV VERSION STAGE\nRUN build\n';

/** Remembers what is appended to the environment; `build` prints it. */
const guest: FakeScript = (command, { memory, input }) => {
  memory.set('environment', (memory.get('environment') ?? '') + input);
  return command.includes('build') ? { stdout: memory.get('environment') ?? '' } : {};
};

async function runWith(
  project: FakeProject,
  buildEnv: Readonly<Record<string, string>>,
  env: Variables = new Map(),
): Promise<FakeRun> {
  return project.run({ given: { buildEnv: new Map(Object.entries(buildEnv)), env } });
}

function printed({ events }: FakeRun): string {
  return events.flatMap((event) => (event.event === 'output' ? [event.text] : [])).join('');
}

test('BUILD ENV gives later commands the values of this run', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE }, guest);
  const run = await runWith(project, { VERSION: "it's 1.2", STAGE: '' });
  t.is(run.outcomes, 'ran ran ran ran');
  t.is(printed(run), "export VERSION='it'\\''s 1.2'\nexport STAGE=''\n");
  t.deepEqual(run.warnings, []);
});

test('a name without a value is unset, and a warning says how to give it one', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE }, guest);
  const run = await runWith(project, { STAGE: 'test' });
  t.is(printed(run), "unset VERSION\nexport STAGE='test'\n");
  t.deepEqual(run.warnings, [
    'VERSION has no value in this run, and is unset; `--build-env VERSION=VALUE` gives it one',
  ]);
});

test('BUILD ENV runs again when a value changes, and is restored when it is what it was', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE }, guest);
  const outcomes = async (values: Readonly<Record<string, string>>): Promise<string> =>
    (await runWith(project, values)).outcomes;
  t.is(await outcomes({ VERSION: '1', STAGE: '2' }), 'ran ran ran ran');
  t.is(await outcomes({ VERSION: '1', STAGE: '2', OTHER: '3' }), 'restored restored restored restored');
  t.is(await outcomes({ VERSION: '2', STAGE: '1' }), 'restored restored ran ran');
  t.is(await outcomes({ VERSION: '1' }), 'restored restored ran ran', 'unset');
  t.is(await outcomes({ VERSION: '1', STAGE: '' }), 'restored restored ran ran', 'empty is not unset');
  t.is(await outcomes({ VERSION: '1', STAGE: '2' }), 'restored restored restored restored');
});

test('a value of --env serves BUILD ENV where --build-env has none', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE }, guest);
  const env = new Map([
    ['VERSION', 'env'],
    ['STAGE', 'env'],
  ]);
  t.is(printed(await runWith(project, { STAGE: 'build' }, env)), "export VERSION='env'\nexport STAGE='build'\n");
});

test('a plan knows the values too', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE }, guest);
  await runWith(project, { VERSION: '1', STAGE: '2' });
  const given = {
    env: new Map(),
    buildEnv: new Map([
      ['VERSION', '2'],
      ['STAGE', '2'],
    ]),
  };
  const plan = await project.plan({ given });
  t.is(plan.outcomes, 'restored restored would-run would-run');
  t.is(plan.steps[2]?.miss?.reason, 'instruction');
});

test('any value comes out of the shell as it went in, and what has none is unset', (t) => {
  const value = fc.option(
    fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('\'"\\$`\n\r\t !#é\u0001\u007f\u00ff')) })),
    { nil: undefined },
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => {
      const given = values.map((each) => each?.replaceAll('\0', ''));
      const text = environmentText(given.map((each, index) => [`V${index}`, each] as const));
      const show = given.map((_, index) => `printf '%s\\0' "\${V${index}-unset}"`).join('\n');
      const output = execFileSync('bash', ['--norc', '-c', `${text}${show}`], { encoding: 'utf8' });
      t.deepEqual(
        output.split('\0').slice(0, -1),
        given.map((each) => each ?? 'unset'),
      );
    }),
    { numRuns: 20 },
  );
});
