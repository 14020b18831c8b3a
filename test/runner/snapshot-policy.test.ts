import test from 'ava';

import { parseLayerfile } from '../../grammar/index.ts';
import { isSaved, snapshotReason } from '../../runner/snapshot-policy.ts';
import { stepsOf } from '../../runner/step.ts';
import { FakeProject } from './fake-project.ts';

async function reasons(text: string, isParent = false): Promise<readonly string[]> {
  const { layerfile } = await parseLayerfile(text, 'Layerfile');
  const steps = stepsOf(layerfile);
  const saved = { steps, isParent };
  return steps.map((step) => `${snapshotReason(step, saved)}${isSaved(step, saved) ? '' : ' -'}`);
}

test('a snapshot is taken after every step that does something in the machine, and none after one that does nothing', async (t) => {
  t.deepEqual(await reasons('FROM vm/debian:12\nMEMORY 1G\nCOPY . .\nRUN a\nLABEL status=hidden\n'), [
    'step',
    'nothing-done -',
    'step',
    'last',
    'nothing-done -',
  ]);
});

test('what does nothing at the end is restored with what is above it', async (t) => {
  using project = new FakeProject({ Layerfile: 'FROM vm/debian:12\nRUN a\nLABEL status=hidden\n' });
  t.is((await project.run()).outcomes, 'ran ran ran');
  project.write('Layerfile', 'FROM vm/debian:12\nRUN a\nLABEL status=merge\nMEMORY 1G\n');
  const { outcomes, calls } = await project.run();
  t.is(outcomes, 'restored restored restored restored');
  t.deepEqual(calls, []);
});

test('CHECKPOINT says where none is taken, and where one is', async (t) => {
  t.deepEqual(await reasons('FROM vm/debian:12\nRUN a\nCHECKPOINT disabled\nRUN b\nCHECKPOINT\nRUN c\nRUN d\n'), [
    'step',
    'step',
    'disabled -',
    'disabled -',
    'checkpoint',
    'step',
    'last',
  ]);
});

test('what an earlier run left in other places is found', async (t) => {
  const first = 'FROM vm/debian:12\nMEMORY 1G\nCHECKPOINT\nRUN a\n';
  using project = new FakeProject({ Layerfile: first });
  await project.run();
  // The snapshot of MEMORY and CHECKPOINT is one of two steps, on which the rest of this one builds.
  project.write('Layerfile', `${first}RUN b\n`);
  const { outcomes, steps } = await project.run();
  t.is(outcomes, 'restored restored restored restored ran');
  t.deepEqual(
    steps.map(({ snapshot }) => snapshot !== null),
    [true, false, true, true, true],
  );
});

test('a machine that others go on from is saved at its end, whatever CHECKPOINT says', async (t) => {
  const text = 'FROM vm/debian:12\nCHECKPOINT disabled\nRUN a\nRUN b\n';
  t.deepEqual(await reasons(text), ['step', 'disabled -', 'disabled -', 'disabled -']);
  t.deepEqual(await reasons(text, true), ['step', 'disabled -', 'disabled -', 'parent']);
});
