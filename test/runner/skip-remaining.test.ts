import test from 'ava';

import { parseLayerfile } from '../../grammar/index.ts';
import { cutAtSkip } from '../../runner/cut-at-skip.ts';
import { literalValue } from '../../runner/literal-value.ts';
import { RunEnvironment } from '../../runner/run-environment.ts';
import { RunSecrets } from '../../runner/secrets/run-secrets.ts';
import { judge } from '../../runner/skip-conditions.ts';
import { StepValues } from '../../runner/step-values.ts';
import { stepsOf } from '../../runner/step.ts';
import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject, type FakeRun } from './fake-project.ts';

function layerfile(...lines: readonly string[]): { readonly Layerfile: string } {
  return { Layerfile: ['FROM vm/debian:12', ...lines, ''].join('\n') };
}

async function runWith(project: FakeProject, buildEnv: Readonly<Record<string, string>>): Promise<FakeRun> {
  return project.run({ given: { buildEnv: new Map(Object.entries(buildEnv)), env: new Map() } });
}

test('a condition of the run is decided without a machine, and what is below is skipped', async (t) => {
  using project = new FakeProject(layerfile('RUN test', 'SKIP REMAINING IF STAGE!=live', 'RUN deploy', 'CHECKPOINT'));
  const first = await runWith(project, { STAGE: 'test' });
  t.is(first.outcomes, 'ran ran ran skipped skipped');
  t.like(first.result, { outcome: 'succeeded', ran: 3, restored: 0, failed: 0 });
  t.deepEqual(first.warnings, ['what is below is skipped: STAGE!=live']);
  t.is(first.calls.filter((call) => call.startsWith('run ')).length, 2, 'the log-in and RUN test');

  const second = await runWith(project, { STAGE: 'test' });
  t.is(second.outcomes, 'restored restored restored skipped skipped');
  t.like(second.result, { outcome: 'succeeded', ran: 0, restored: 3 });
  t.deepEqual(second.calls, []);
});

test('a condition that flips runs what is below, and flips back to no machine', async (t) => {
  using project = new FakeProject(layerfile('RUN test', 'SKIP REMAINING IF STAGE!=live', 'RUN deploy'));
  await runWith(project, { STAGE: 'test' });
  const live = await runWith(project, { STAGE: 'live' });
  t.is(live.outcomes, 'restored restored ran ran');
  t.is((await runWith(project, { STAGE: 'other' })).outcomes, 'restored restored restored skipped');
  const again = await runWith(project, { STAGE: 'live' });
  t.is(again.outcomes, 'restored restored restored restored');
  t.deepEqual(again.calls, []);
});

test('another value with the same outcome is no change', async (t) => {
  using project = new FakeProject(layerfile('SKIP REMAINING IF STAGE=~^test', 'RUN deploy'));
  await runWith(project, { STAGE: 'live' });
  t.is((await runWith(project, { STAGE: 'stage' })).outcomes, 'restored restored restored');
});

test('a plan says what would be skipped', async (t) => {
  using project = new FakeProject(layerfile('RUN test', 'SKIP REMAINING IF CI=true', 'RUN deploy'));
  const plan = await project.plan();
  t.is(plan.outcomes, 'would-run would-run would-run skipped');
  t.is(plan.result.outcome, 'succeeded');
  await project.run();
  t.is((await project.plan()).outcomes, 'restored restored restored skipped');
});

test('a step that fails above a SKIP fails the Layerfile', async (t) => {
  using project = new FakeProject(layerfile('RUN test', 'SKIP REMAINING IF CI=true', 'RUN deploy'), (command) =>
    command.includes('test') ? { exitCode: 1 } : {},
  );
  const { outcomes, result } = await project.run();
  t.is(outcomes, 'ran failed skipped skipped');
  t.is(result.outcome, 'failed');
});

test('a secret that only a skipped step needs may have no value', async (t) => {
  using project = new FakeProject(layerfile('SKIP REMAINING IF CI=true', 'SECRET ENV DEPLOY_KEY'));
  t.is((await project.run()).outcomes, 'ran ran skipped');
});

/** Whether the last of these lines is a SKIP that is known to hold. */
async function skips(lines: readonly string[]): Promise<boolean> {
  const buildEnv = new Map([
    ['A', 'a'],
    ['EMPTY', ''],
  ]);
  const environment = new RunEnvironment({ env: new Map([['TOKEN', 'hunter2']]), buildEnv }, '/');
  const secrets = new RunSecrets({ home: '/' }, (name) => environment.givenSecret(name));
  const { layerfile: parsed } = await parseLayerfile(layerfile(...lines).Layerfile, 'Layerfile');
  return cutAtSkip(stepsOf(parsed), new StepValues({ lineage: [parsed], environment, secrets })).skip !== null;
}

for (const [expected, ...lines] of [
  [true, 'SKIP REMAINING IF A=a'],
  [false, 'SKIP REMAINING IF A=b'],
  [true, 'SKIP REMAINING IF A!=b AND CI=true'],
  [false, 'SKIP REMAINING IF A=a AND CI=false'],
  [true, 'SKIP REMAINING IF UNSET='],
  [true, 'SKIP REMAINING IF EMPTY=""'],
  [true, 'SKIP REMAINING IF UNSET!=x'],
  [true, 'SKIP REMAINING IF A=~^[a-c]$'],
  [false, 'SKIP REMAINING IF A!=~^[a-c]$'],
  [true, 'BUILD ENV A', 'SKIP REMAINING IF A=a'],
  [true, 'ENV A=b', 'SKIP REMAINING IF A=b'],
  [true, 'ENV A="two words"', 'SKIP REMAINING IF A = "two words"'],
  [true, 'ENV A=b A=c', 'SKIP REMAINING IF A=c'],
  [true, 'ENV A=b', 'BUILD ENV A', 'SKIP REMAINING IF A=a'],
  [true, 'BUILD ENV A', 'ENV A=b', 'SKIP REMAINING IF A=b'],
  [true, 'SKIP REMAINING IF A=a', 'ENV A=b'],
  [true, 'ENV UNSET=x', 'BUILD ENV UNSET', 'SKIP REMAINING IF UNSET='],
  [true, 'SECRET ENV TOKEN', 'SKIP REMAINING IF TOKEN=~^hunter'],
  [false, 'ENV A=$(true)', 'SKIP REMAINING IF A= AND CI=false'],
  [false, 'ENV A=$(true)', 'SKIP REMAINING IF A='],
] as const) {
  test(`${lines.join('; ')} ${expected ? 'skips' : 'does not skip'} what is below, as is known beforehand`, async (t) => {
    t.is(await skips(lines), expected);
  });
}

test('a regular expression that takes for ever is an error, not a wait', (t) => {
  const place = { line: 1, column: 1, offset: 0 };
  const condition = { key: 'A', operator: '=~', value: '^(a+)+$', range: { start: place, end: place } } as const;
  const error = t.throws(() => judge([condition], () => `${'a'.repeat(60)}!`, 200), { code: 'LAYERFILE_INVALID' });
  t.is(error.message, 'SKIP REMAINING IF: after 0.2 s it is not known whether A matches `^(a+)+$`');
});

/** A guest in which VERSION is what a file says. */
const guest =
  (versionOf: () => string): FakeScript =>
  (command) =>
    command.includes('printf') && command.includes('${VERSION-}') ? { stdout: `${versionOf()}\0` } : {};

test('a value that only the guest knows is asked of it when the step runs', async (t) => {
  let version = '1.0-beta';
  using project = new FakeProject(
    layerfile('ENV VERSION=$(cat version)', 'SKIP REMAINING IF VERSION=~beta AND CI=true', 'RUN deploy'),
    guest(() => version),
  );
  const first = await project.run();
  t.is(first.outcomes, 'ran ran ran skipped');
  t.is(first.result.outcome, 'succeeded');
  t.deepEqual(first.warnings, ['what is below is skipped: VERSION=~beta AND CI=true']);
  version = '1.0';
  const second = await project.run();
  t.is(second.outcomes, 'restored restored ran ran', 'the answer that skips is not kept');
  t.is((await project.run()).outcomes, 'restored restored restored restored');
});

for (const [value, expected] of [
  ['plain', 'plain'],
  ['', ''],
  ['two words', 'two words'],
  ["'as $it is'", 'as $it is'],
  ['"quoted"', 'quoted'],
  ['"$A"', null],
  ['"a\\b"', null],
  ['"a"b', null],
  ["'a'b'", null],
  ['$(date)', null],
  ['`date`', null],
  ['~/bin', null],
  ['/bin:~/bin', null],
  ['a~b', 'a~b'],
  ['a\\b', null],
] as const) {
  test(`the value ${value === '' ? 'of nothing' : value} ${expected === null ? 'needs a shell' : 'needs none'}`, (t) => {
    t.is(literalValue(value), expected);
  });
}
