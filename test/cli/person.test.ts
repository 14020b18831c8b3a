import { PassThrough } from 'node:stream';

import test from 'ava';

import { askAtTerminal, isPersonThere } from '../../cli/person.ts';
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
