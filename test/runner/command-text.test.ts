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
  const command = stepCommand("/it's", 'echo "$HOME"');
  t.regex(command, /^export CI=true .*LAYER=true/);
  const rest = command.slice(command.indexOf(' && '));
  t.is(rest, ` && . /etc/layer/step.sh && cd '/it'\\''s' && exec bash -c 'echo "$HOME"' </dev/null`);
});
