import test from 'ava';

import type { ButtonAt, Question } from '../../runner/build-context.ts';
import { FakeProject, type FakeRun } from './fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nRUN build\n\nBUTTON Deploy to production?\nRUN deploy\n';

function outcomesOf({ steps }: FakeRun, layerfile: string): string {
  return steps
    .filter((step) => step.layerfile === layerfile)
    .map(({ outcome }) => outcome)
    .join(' ');
}

test('a button that is agreed to is a step like any other: an unchanged run does not ask again', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE });
  const asked: Question[] = [];
  const askPerson = async (question: Question): Promise<boolean> => {
    asked.push(question);
    return Promise.resolve(true);
  };
  t.is((await project.run({ askPerson })).outcomes, 'ran ran ran ran');
  t.deepEqual(asked, [{ layerfile: 'Layerfile', line: 4, message: 'Deploy to production?' }]);
  t.is((await project.run({ askPerson })).outcomes, 'restored restored restored restored');
  t.is(asked.length, 1);
});

test('where nobody is there the run waits: it has succeeded so far, and the next one waits again', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE });
  const first = await project.run();
  t.is(first.outcomes, 'ran ran skipped skipped');
  t.like(first.result, { outcome: 'succeeded', waiting: 1, failed: 0 });
  t.like(first.steps[2], { waiting: true, snapshot: null });
  t.deepEqual(first.warnings, ['the run waits at line 4 for a person: "Deploy to production?"']);
  const again = await project.run();
  t.is(again.outcomes, 'restored restored skipped skipped');
  t.is((await project.run({ askPerson: async () => Promise.resolve(true) })).outcomes, 'restored restored ran ran');
});

test('a button that is declined says so, and is asked again', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE });
  const { outcomes, result, warnings } = await project.run({ askPerson: async () => Promise.resolve(false) });
  t.is(outcomes, 'ran ran skipped skipped');
  t.like(result, { outcome: 'succeeded', waiting: 1 });
  t.regex(warnings[0] ?? '', /^declined at line 4, /);
  t.is((await project.run({ askPerson: async () => Promise.resolve(true) })).outcomes, 'restored restored ran ran');
});

test('an interrupt while the question stands cancels the run', async (t) => {
  const controller = new AbortController();
  using project = new FakeProject({ Layerfile: LAYERFILE });
  const { outcomes, result } = await project.run({
    signal: controller.signal,
    askPerson: async (_, signal) => {
      controller.abort(new Error('Ctrl-C'));
      signal.throwIfAborted();
      return Promise.resolve(true);
    },
  });
  t.is(outcomes, 'ran ran cancelled cancelled');
  t.like(result, { outcome: 'cancelled', waiting: 0 });
});

test('what does nothing before a button that nobody presses needs no machine', async (t) => {
  using project = new FakeProject({
    'a/Layerfile': 'FROM vm/debian:12\nRUN test\n',
    'b/Layerfile': 'FROM vm/debian:12\nRUN build\nLABEL status=merge\nWAIT ../a\nBUTTON Deploy?\nRUN deploy\n',
  });
  await project.run();
  const again = await project.run();
  t.is(outcomesOf(again, 'b/Layerfile'), 'restored restored restored restored skipped skipped');
  t.deepEqual(again.calls, []);
  const pressed = await project.run({ isPressed: () => true });
  t.is(outcomesOf(pressed, 'b/Layerfile').split(' ').slice(-2).join(' '), 'ran ran');
});

test('of several buttons only those go on that were pressed, and nobody is asked', async (t) => {
  using project = new FakeProject({
    'a/Layerfile': LAYERFILE,
    'b/Layerfile': `${LAYERFILE.replace('build', 'build b')}BUTTON Really?\nRUN more\n`,
  });
  const nobody = await project.run({ isPressed: () => false });
  t.is(outcomesOf(nobody, 'b/Layerfile').slice(-31), 'skipped skipped skipped skipped');
  t.like(nobody.result, { outcome: 'succeeded', waiting: 2 });
  const machines = nobody.events.filter((event) => event.event === 'machine');
  t.is(
    machines.filter(({ phase }) => phase === 'begin').length,
    machines.filter(({ phase }) => phase === 'end').length,
  );
  const asked: ButtonAt[] = [];
  const isPressed = (button: ButtonAt): boolean => {
    asked.push(button);
    return button.layerfile === 'b/Layerfile' && button.step === 3;
  };
  const pressed = await project.run({ isPressed });
  t.is(outcomesOf(pressed, 'a/Layerfile'), 'restored restored skipped skipped');
  t.is(outcomesOf(pressed, 'b/Layerfile'), 'restored restored ran ran skipped skipped');
  t.like(pressed.result, { outcome: 'succeeded', waiting: 2 });
  t.deepEqual(
    new Set(asked.map(({ layerfile, step }) => `${layerfile} ${step}`)),
    new Set(['a/Layerfile 3', 'b/Layerfile 3', 'b/Layerfile 5']),
  );
  const again = await project.run({ isPressed });
  t.is(outcomesOf(again, 'b/Layerfile'), 'restored restored restored restored skipped skipped');
  t.deepEqual(again.calls, []);
});
