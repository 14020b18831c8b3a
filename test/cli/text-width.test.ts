import test from 'ava';

import { truncateEnd, truncateMiddle, truncateStart, widthOf } from '../../cli/text-width.ts';

test('East Asian letters and emoji take two columns, combining marks none', (t) => {
  t.is(widthOf('abc'), 3);
  t.is(widthOf('漢字'), 4);
  t.is(widthOf('🎉'), 2);
  t.is(widthOf('e\u0301'), 1);
  t.is(widthOf('…✓▸━'), 4);
});

test('text is cut at its end, and says so', (t) => {
  t.is(truncateEnd('RUN make', 8), 'RUN make');
  t.is(truncateEnd('RUN make', 7), 'RUN ma…');
  t.is(truncateEnd('漢字漢字', 6), '漢字…');
  t.is(truncateEnd('abc', 1), '…');
  t.is(truncateEnd('abc', 0), '');
  t.is(truncateEnd('abc', -3), '');
});

test('a sentence about a long path keeps both its ends', (t) => {
  t.is(truncateMiddle('src/a/long/path.ts changed', 26), 'src/a/long/path.ts changed');
  t.is(truncateMiddle('src/a/long/path.ts changed', 20), 'src/a/lon…ts changed');
  t.is(truncateMiddle('abc', 0), '');
});

test('no cut text is wider than asked for', (t) => {
  for (const text of ['plain text', '漢字 and 漢字', '🎉🎉🎉', 'e\u0301e\u0301e\u0301']) {
    for (let width = 0; width < 12; width += 1) {
      t.true(widthOf(truncateEnd(text, width)) <= width, `${text} at ${width}`);
      t.true(widthOf(truncateMiddle(text, width)) <= width, `${text} at ${width}`);
    }
  }
});

test('of a text that is cut at its beginning the end stays', (t) => {
  t.is(truncateStart('services/api/package.json', 13), '…package.json');
  t.is(truncateStart('package.json', 12), 'package.json');
  t.is(truncateStart('漢字漢字', 4), '…字');
  t.is(truncateStart('abc', 0), '');
});
