import { execFileSync } from 'node:child_process';
import { join } from 'node:path/posix';
import test from 'ava';
import fc from 'fast-check';

import { assignedValue, type GuestPlace, resolveGuestPath } from '../../runner/instructions/environment.ts';

const from = (workingDirectory: string): GuestPlace => ({ workingDirectory, home: '/root' });

/**
 * What bash makes of `ENV V=value` for each value, where HOME is /root and GREETING is `good day`. A bash whose stdin is a
 * socket, as pipes of Node are, takes itself for a remote shell, and would read this user's ~/.bashrc.
 */
function evaluated(...values: readonly string[]): readonly string[] {
  const script = values.map((value) => `V=${assignedValue(value)}; printf '%s\\0' "$V"\n`).join('');
  const env = { HOME: '/root', GREETING: 'good day', PATH: process.env['PATH'] };
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env }).split('\0').slice(0, -1);
}

for (const [value, expected] of [
  ['plain', 'plain'],
  ['two words', 'two words'],
  ['a&b;c|d>e(f)', 'a&b;c|d>e(f)'],
  ['* ?', '* ?'],
  ['$GREETING!', 'good day!'],
  ['${GREETING%day}', 'good '],
  ['~/bin', '/root/bin'],
  ['/bin:~/bin:~', '/bin:/root/bin:/root'],
  ['a~b', 'a~b'],
  ['"quoted $GREETING"', 'quoted good day'],
  ["'as $it is'", 'as $it is'],
  ['$(echo from a command)', 'from a command'],
  ['`echo from backticks`', 'from backticks'],
  ['', ''],
] as const) {
  test(`the value ${value === '' ? 'of nothing' : value} is ${expected === '' ? 'empty' : expected}`, (t) => {
    t.deepEqual(evaluated(value), [expected]);
  });
}

test('a bare value without $, quotes and backslashes is itself, whatever else it holds', (t) => {
  const bare = fc.string({ unit: fc.constantFrom(...Array.from('ab /:&;|<>()[]{}*?#!=,.-+%^@é\t')), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(bare, { minLength: 1, maxLength: 50 }), (values) => {
      t.deepEqual(evaluated(...values), values);
    }),
    { numRuns: 20 },
  );
});

test('a guest path is resolved against the working directory', (t) => {
  t.is(resolveGuestPath(from('/app'), 'src'), '/app/src');
  t.is(resolveGuestPath(from('/app'), '/src/'), '/src');
  t.is(resolveGuestPath(from('/app'), '.'), '/app');
  t.is(resolveGuestPath(from('/app'), '../..'), '/');
  t.is(resolveGuestPath(from('/app'), '~/x'), '/root/x');
  t.is(resolveGuestPath(from('/app'), '~x'), '/app/~x');
});

test('a guest path is resolved as POSIX paths are', (t) => {
  const path = fc.array(fc.constantFrom('a', 'b', '..', '.', ''), { maxLength: 6 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, path, (folder, relative) => {
      const expected = join('/', relative.startsWith('/') ? '' : folder, relative).replace(/(?<=.)\/$/, '');
      t.is(resolveGuestPath(from(`/${folder}`), relative), expected);
    }),
  );
});
