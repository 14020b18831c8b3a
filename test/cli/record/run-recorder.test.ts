import test from 'ava';

import type { PartRecord, RunRecord } from '../../../cli/record/run-record.ts';
import { mostAtOnce, runningMachines } from '../../../cli/record/running-machines.ts';
import type { Activity } from '../../../runner/index.ts';
import { ended, output, started } from '../build-script.ts';
import { build, generated, monorepo, ScriptedRun } from './scripted-run.ts';

const WEB = 'web/Layerfile';

function activity(name: Activity['activity'], about: Partial<Activity> = {}): Activity {
  return { event: 'activity', layerfile: WEB, activity: name, text: `${name}ing`, ...about };
}

function onlyPart(record: RunRecord): PartRecord {
  return record.layerfiles[0]!.parts[0]!;
}

test('an activity lasts until its part goes on with something else; news of the same activity is no other', (t) => {
  const run = new ScriptedRun()
    .at(0, build(WEB, 2))
    .at(10, activity('image', { progress: 0 }))
    .at(60, activity('image', { progress: 0.5, text: 'half of it' }))
    .at(100, activity('boot'))
    .at(150, { event: 'machine', layerfile: WEB, phase: 'begin', memoryMib: 512 }, output(1, 'noise'))
    .at(300, ended(1, 'FROM vm/debian:12', { outcome: 'restored' }))
    .at(310, activity('restore'))
    .at(400, started(2, 'RUN a'))
    .at(450, ended(2, 'RUN a', {}))
    .at(500, activity('cache'));
  t.deepEqual(onlyPart(run.at(520).finish()).activities, [
    { activity: 'image', text: 'half of it', startMs: 10, endMs: 100 },
    { activity: 'boot', text: 'booting', startMs: 100, endMs: 300 },
    { activity: 'restore', text: 'restoreing', startMs: 310, endMs: 400 },
    { activity: 'cache', text: 'cacheing', startMs: 500, endMs: 520 },
  ]);
});

test('a step lasts from its start to its end, and is saved at the end of that', (t) => {
  const saved = { snapshot: 'b1', snapshotMs: 40, snapshotBytes: 7 };
  const part = onlyPart(
    new ScriptedRun()
      .at(0, build(WEB, 3))
      .at(5, ended(1, 'FROM vm/debian:12', { outcome: 'restored', ...saved }))
      .at(10, started(2, 'RUN a'))
      .at(200, ended(2, 'RUN a', saved), started(3, 'RUN b'))
      .at(210, ended(3, 'RUN b', { ...saved, snapshotMs: 90 }))
      .finish(),
  );
  t.deepEqual(
    part.steps.map(({ startMs, endMs, saving }) => [startMs, endMs, saving]),
    [
      [5, 5, null],
      [10, 200, { startMs: 160, endMs: 200 }],
      [200, 210, { startMs: 200, endMs: 210 }],
    ],
  );
});

test('builds that take turns, and copies of one, are told apart', (t) => {
  const { layerfiles } = monorepo();
  const api = layerfiles[2]!;
  t.deepEqual(
    api.parts.map(({ copy, steps }) => [copy, steps.map(({ ended: { step, outcome } }) => `${step} ${outcome}`)]),
    [
      [null, ['1 restored', '2 ran', '3 ran']],
      [0, ['4 cancelled', '5 skipped']],
      [1, ['4 failed', '5 skipped']],
    ],
  );
  t.deepEqual(api.split, { step: 3, copies: 2 });
  t.deepEqual(layerfiles[3]!.needs, [
    { kind: 'FROM', layerfile: 'base/Layerfile' },
    { kind: 'WAIT', layerfile: 'services/web/Layerfile' },
    { kind: 'WAIT', layerfile: 'services/api/Layerfile' },
  ]);
});

test('a step that failed keeps the last that it wrote, without colours; no other step does', (t) => {
  const steps = monorepo().layerfiles.flatMap(({ parts }) => parts.flatMap((part) => part.steps));
  t.deepEqual(
    steps.filter((step) => step.output.length > 0).map((step) => step.output),
    [['FAIL orders.test.js', '  expected 3 <b>orders</b>, got 2', '</script><img src=x onerror=alert(1)>']],
  );
});

test('machines are counted from their beginning to their end', (t) => {
  const { machines } = monorepo();
  t.deepEqual(
    machines.map(({ layerfile, copy, startMs, endMs, proportionalMib }) => [
      layerfile,
      copy,
      startMs,
      endMs,
      proportionalMib,
    ]),
    [
      ['services/web/Layerfile', null, 20, 9420, 131.5],
      ['services/api/Layerfile', null, 620, 3710, 131.5],
      ['services/api/Layerfile', 0, 3720, 9410, 131.5],
      ['services/api/Layerfile', 1, 3900, 9401, 131.5],
    ],
  );
  t.is(mostAtOnce(machines), 3);
  t.deepEqual(
    runningMachines(machines).map(({ running }) => running),
    [1, 2, 1, 2, 3, 2, 1, 0],
  );
});

test('a machine that is still there when the record ends has no figures yet', (t) => {
  const begin = { event: 'machine', layerfile: WEB, phase: 'begin', memoryMib: 256 } as const;
  const { machines } = new ScriptedRun().at(0, build(WEB, 1)).at(10, begin).at(50).finish();
  const [machine] = machines;
  t.deepEqual(machine, {
    layerfile: WEB,
    copy: null,
    memoryMib: 256,
    startMs: 10,
    endMs: 50,
    residentMib: null,
    proportionalMib: null,
  });
});

test('one machine that ends as another begins does not count twice', (t) => {
  const machine = { layerfile: WEB, copy: null, memoryMib: 256, residentMib: null, proportionalMib: null };
  t.is(
    mostAtOnce([
      { ...machine, startMs: 0, endMs: 10 },
      { ...machine, startMs: 10, endMs: 20 },
    ]),
    1,
  );
});

test('a run that ends before its time is told as far as it came', (t) => {
  const record = new ScriptedRun()
    .at(0, build(WEB, 2))
    .at(10, started(1, 'FROM vm/debian:12'))
    .at(90)
    .finish('layer: no QEMU');
  t.is(record.result, null);
  t.is(record.trouble, 'layer: no QEMU');
  t.is(record.durationMs, 90);
});

test('200 Layerfiles are all told, in the order in which they were announced', (t) => {
  const { layerfiles } = generated(200);
  t.is(layerfiles.length, 200);
  t.is(layerfiles[199]!.name, 'packages/package-199');
  t.true(layerfiles.every(({ parts }) => parts.length === 1 && parts[0]!.steps.length === 3));
});
