import test from 'ava';
import fc from 'fast-check';

import { exactPath, textOf } from '../../../cli/trace/path-text.ts';

test('a path of plain text is told as it is', (t) => {
  t.is(exactPath('src/main.c'), 'src/main.c');
  t.is(exactPath(Buffer.from('Grüße/日本語 🎉', 'utf8').toString('latin1')), 'Grüße/日本語 🎉');
});

test('the root of the workspace is a dot', (t) => {
  t.is(exactPath(''), '.');
});

test('line feeds, tabs, backslashes, controls and bytes that are no text are escaped', (t) => {
  t.is(exactPath('a\nb\tc\\d\re\x1b[31m\x7f'), 'a\\nb\\tc\\\\d\\re\\x1b[31m\\x7f');
  t.is(exactPath('caf\xe9'), 'caf\\xe9');
  const reversing = Buffer.from('a\u202eb', 'utf8').toString('latin1');
  t.is(exactPath(reversing), 'a\\xe2\\x80\\xaeb');
});

test('every path is one printable line, from which its bytes can be read back', (t) => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(bytes, (random) => {
      const path = Buffer.from(random).toString('latin1');
      const told = exactPath(path);
      t.false(/[\p{Cc}\n]/u.test(told));
      t.is(unescaped(told), path);
    }),
  );
});

test('what is no UTF-8 is no text', (t) => {
  t.is(textOf('caf\xe9'), null);
  t.is(textOf(Buffer.from('café', 'utf8').toString('latin1')), 'café');
});

function unescaped(told: string): string {
  const bytes = Buffer.from(told, 'utf8').toString('latin1');
  const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return bytes.replace(/\\(x([0-9a-f]{2})|.)/g, (_, escape: string, hex: string | undefined) => {
    return hex === undefined ? (letters[escape] ?? escape) : String.fromCharCode(parseInt(hex, 16));
  });
}
