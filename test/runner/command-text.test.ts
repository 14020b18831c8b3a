import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';

import { shellWord, stepCommand } from '../../runner/command-text.ts';

function printedBySh(words: readonly string[]): readonly string[] {
  const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

test('sh reads a quoted word as the text itself', (t) => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('a \n\t\'"`$\\*?!;&|<>(){}[]#~=%é-')), maxLength: 20 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
      t.deepEqual(printedBySh(words), words);
    }),
    { numRuns: 60 },
  );
});

test('a command starts with what tells that it runs in CI, then the profile, in the working directory, without input', (t) => {
  const command = stepCommand({ workingDirectory: "/it's", user: 'root', setupFiles: [] }, 'echo "$HOME"');
  t.regex(command, /^export CI=true .*LAYER=true/);
  const rest = command.slice(command.indexOf(' && '));
  t.is(rest, ` && . /etc/layer/step.sh && cd '/it'\\''s' && exec bash -c 'echo "$HOME"' </dev/null`);
});

test('a command sources the SETUP FILEs in their order, in the working directory', (t) => {
  const command = stepCommand({ workingDirectory: '/app', user: 'root', setupFiles: ['/a', '/b c'] }, 'true');
  t.regex(command, / && cd '\/app' && \. '\/a' && \. '\/b c' && exec bash -c 'true' <\/dev\/null$/);
});

test('a command of another user becomes that user before anything is sourced', (t) => {
  const command = stepCommand({ workingDirectory: '/app', user: 'dev', setupFiles: [] }, 'id');
  t.regex(command, /^exec setpriv --reuid='dev' --regid=0 --init-groups --reset-env bash -c '/);
  t.regex(command, /step\.sh/);
});
