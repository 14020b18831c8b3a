import { PassThrough } from 'node:stream';

import test from 'ava';

import { askAtTerminal, isPersonThere, oneAtATime } from '../../cli/person.ts';
import { Interrupted } from '../../cli/signals.ts';
import { RecordedStream } from './recorded-stream.ts';

const QUESTION = { layerfile: 'web/Layerfile', line: 4, message: 'Deploy\u001b[2J to production?' };
const PROMPT = '? web/Layerfile:4: Deploy to production? [y/n] ';

function terminal({ stdin = true, stderr = true, environment = {} } = {}) {
  const input = new PassThrough();
  const screen = new RecordedStream({ isTTY: stderr });
  return {
    typed: input,
    screen,
    surroundings: { stdin: () => input, isStdinTerminal: () => stdin, stderr: screen, environment },
  };
}

for (const [answers, agreed, asked] of [
  [['y'], true, 1],
  [['YES '], true, 1],
  [['n'], false, 1],
  [['No'], false, 1],
  [['', 'maybe', 'y'], true, 3],
] as const) {
  test(`${JSON.stringify(answers)} means ${agreed ? 'yes' : 'no'}`, async (t) => {
    const { typed, screen, surroundings } = terminal();
    const answered = askAtTerminal(surroundings, QUESTION, new AbortController().signal);
    for (const answer of answers) {
      typed.write(`${answer}\n`);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
    t.is(await answered, agreed);
    t.is(screen.text, PROMPT.repeat(asked));
  });
}

test('the end of the input is a no, and ends the line', async (t) => {
  const { typed, screen, surroundings } = terminal();
  typed.end();
  t.false(await askAtTerminal(surroundings, QUESTION, new AbortController().signal));
  t.is(screen.text, `${PROMPT}\n`);
});

test('a question of a copy says which one asks', async (t) => {
  const { typed, screen, surroundings } = terminal();
  typed.end('y\n');
  t.true(await askAtTerminal(surroundings, { ...QUESTION, copy: 1 }, new AbortController().signal));
  t.is(screen.text, '? web/Layerfile:4: Deploy to production? (copy 1) [y/n] ');
});

test('an interrupt ends the question with its reason', async (t) => {
  const { surroundings } = terminal();
  const controller = new AbortController();
  const answered = askAtTerminal(surroundings, QUESTION, controller.signal);
  controller.abort(new Interrupted('SIGINT'));
  await t.throwsAsync(answered, { instanceOf: Interrupted });
});

test('a person is there at a terminal, and not behind a pipe, a program, a log or a CI service', (t) => {
  const auto = { json: false, progress: 'auto' } as const;
  t.true(isPersonThere(auto, terminal().surroundings));
  t.true(isPersonThere({ ...auto, progress: 'tty' }, terminal({ environment: { CI: 'false' } }).surroundings));
  t.false(isPersonThere(auto, terminal({ stdin: false }).surroundings));
  t.false(isPersonThere(auto, terminal({ stderr: false }).surroundings));
  t.false(isPersonThere({ ...auto, json: true }, terminal().surroundings));
  t.false(isPersonThere({ ...auto, progress: 'plain' }, terminal().surroundings));
  t.false(isPersonThere({ ...auto, progress: 'quiet' }, terminal().surroundings));
  t.false(isPersonThere(auto, terminal({ environment: { CI: 'true' } }).surroundings));
});

/** A person who answers when the test says so. */
function slowPerson() {
  const asked: string[] = [];
  const answers: ((agreed: boolean) => void)[] = [];
  const ask = oneAtATime(({ message }) => {
    asked.push(message);
    return new Promise((resolve) => answers.push(resolve));
  });
  return { asked, answers, ask };
}

test('of several questions at once the next one is asked when the one before it was answered', async (t) => {
  const { asked, answers, ask } = slowPerson();
  const { signal } = new AbortController();
  const [first, second] = ['one?', 'two?'].map((message) => ask({ ...QUESTION, message }, signal));
  await new Promise(setImmediate);
  t.deepEqual(asked, ['one?']);
  answers[0]?.(false);
  t.false(await first);
  await new Promise(setImmediate);
  t.deepEqual(asked, ['one?', 'two?']);
  answers[1]?.(true);
  t.true(await second);
});

test('a build that is cancelled while it waits for its turn ends at once, and the others keep their order', async (t) => {
  const { asked, answers, ask } = slowPerson();
  const [staying, leaving] = [new AbortController(), new AbortController()];
  const first = ask({ ...QUESTION, message: 'one?' }, staying.signal);
  const second = ask({ ...QUESTION, message: 'two?' }, leaving.signal);
  const third = ask({ ...QUESTION, message: 'three?' }, staying.signal);
  leaving.abort(new Interrupted('SIGINT'));
  await t.throwsAsync(second, { instanceOf: Interrupted });
  await new Promise(setImmediate);
  t.deepEqual(asked, ['one?'], 'the first question is still open');
  answers[0]?.(true);
  t.true(await first);
  await new Promise(setImmediate);
  t.deepEqual(asked, ['one?', 'three?']);
  answers[1]?.(true);
  t.true(await third);
});

test('a question that could not be asked does not keep the next one from being asked', async (t) => {
  const errors = [new Error('no terminal')];
  const ask = oneAtATime(() => {
    const error = errors.pop();
    return error === undefined ? Promise.resolve(true) : Promise.reject(error);
  });
  const { signal } = new AbortController();
  const [first, second] = [ask(QUESTION, signal), ask(QUESTION, signal)];
  await t.throwsAsync(first, { message: 'no terminal' });
  t.true(await second);
});
