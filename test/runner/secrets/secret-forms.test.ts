import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';

import { bashQuoted } from '../../../runner/secrets/bash-quote.ts';
import { formsOf } from '../../../runner/secrets/secret-forms.ts';

/** What bash's `printf %q` writes for each value. */
function printed(values: readonly string[], locale: string): readonly string[] {
  const output = execFileSync('bash', ['--norc', '-c', 'printf "%q\\0" "$@"', 'bash', ...values], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: locale },
  });
  return output.split('\0').slice(0, -1);
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
  fc.string({ unit: fc.constantFrom(...Array.from("a#~:=' \n\t\u001b\u007f\\$é😀")), minLength: 1, maxLength: 8 }),
);

for (const locale of ['C', 'C.UTF-8']) {
  test(`a value is known in the form that printf %q gives it, locale ${locale}`, (t) => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 20, maxLength: 100 }), (values) => {
        for (const [index, form] of printed(values, locale).entries()) {
          const value = values[index] ?? '';
          t.true(
            bashQuoted(value).includes(form),
            `${JSON.stringify(value)} is ${form}, not ${bashQuoted(value).join(' or ')}`,
          );
        }
      }),
      { numRuns: 5 },
    );
  });
}

test('a secret of plain characters has one form', (t) => {
  t.deepEqual(formsOf('s3cr3t-Value_.~'), ['s3cr3t-Value_.~']);
  t.deepEqual(formsOf(''), []);
});

test('each line of a secret is one of its forms, but for those that say nothing', (t) => {
  const forms = formsOf('{\n  "key": "value",\r\n  "a": 1\n}\n');
  t.true(forms.includes('"key": "value",'));
  t.true(forms.includes('"a": 1'));
  t.false(forms.includes('{'));
  t.false(forms.includes(''));
});

test('a secret is known as a shell and as JSON write it', (t) => {
  const forms = formsOf(`it's "x"`);
  t.true(forms.includes(`it'\\''s "x"`));
  t.true(forms.includes(`it's \\"x\\"`));
  t.true(forms.includes(`it\\'s\\ \\"x\\"`));
});
