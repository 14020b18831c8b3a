import test from 'ava';

import { printableLine, printableText } from '../../util/printable-text.ts';

for (const [what, line, expected] of [
  ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
  ['cursor movement', 'a\u001b[2J\u001b[5Ab', 'ab'],
  ['a window title', '\u001b]0;pwned\u0007text', 'text'],
  ['half an escape sequence', 'text\u001b', 'text'],
  ['an escape sequence in 8-bit form', 'a\u009b2Jb\u0085c', 'abc'],
  ['a bell and a backspace', 'a\u0007b\u0008c', 'abc'],
  ['text that is shown in reverse', 'a\u202etxt.exe\u2066', 'atxt.exe'],
] as const) {
  test(`${what}: nothing of it reaches the screen`, (t) => {
    t.is(printableLine(line), expected);
  });
}

test('of a line that overwrites itself the last version is shown', (t) => {
  t.is(printableLine('10 %\r50 %\r100 %'), '100 %');
  t.is(printableLine('text\r'), 'text');
  t.is(printableLine('50 %\r100 %\r\r'), '100 %');
});

test('tabs become blanks, and text of any script stays', (t) => {
  t.is(printableLine('a\tb'), 'a    b');
  t.is(printableLine('é 漢字 🎉'), 'é 漢字 🎉');
});

test('text of several lines keeps its lines', (t) => {
  t.is(printableText('a\u001b[1m\nb\r\n\nc'), 'a\nb\n\nc');
});
