import test from 'ava';

import { scanWord, unquote } from '../../grammar/word.ts';

for (const [written, text] of [
  ['a"b c"d', 'ab cd'],
  ["'a \"b'", 'a "b'],
  ['"a\\"b\\\\c\\d"', 'a"b\\c\\d'],
  ['a\\ b\\*', 'a b\\*'],
  ['""', ''],
  ['"open', '"open'],
  ["it's", "it's"],
] as const) {
  test(`without its quotes, ${written} is ${JSON.stringify(text)}`, (t) => {
    t.is(unquote(written), text);
  });
}

for (const [source, written, unclosed] of [
  ['a b', 'a', null],
  ['a\\  #b', 'a" "', null],
  ['$(a (b) ")" `c)`) d', '$(a (b) ")" `c)`)', null],
  ['${a:-"b c"} d', '${a:-"b c"}', null],
  ['"it\'s $(echo "x y")" z', '"it\'s $(echo "x y")"', null],
  ["'\\' b", "'\\'", null],
  ['a\\\n b', 'a', null],
  ['"a\\\n  b" c', '"a b"', null],
  ['"a $(b', '"a $(b', '$('],
  ["a'b c\nd", "a'b c", "'"],
] as const) {
  test(`the first word of ${JSON.stringify(source)} is ${JSON.stringify(written)}`, (t) => {
    const word = scanWord(source, 0);
    t.is(word.written, written);
    t.is(word.unclosed, unclosed);
  });
}
