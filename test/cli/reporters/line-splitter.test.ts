import test from 'ava';

import { LineSplitter } from '../../../cli/reporters/line-splitter.ts';

test('lines come out whole, however they come in', (t) => {
  const splitter = new LineSplitter();
  t.deepEqual(splitter.push('a'), []);
  t.deepEqual(splitter.push('b\nc\n\nd'), ['ab', 'c', '']);
  t.deepEqual(splitter.flush(), ['d']);
  t.deepEqual(splitter.flush(), []);
});

test('a line without end is cut, and nothing of it is lost', (t) => {
  const splitter = new LineSplitter();
  const lines = Array.from({ length: 100 }, () => splitter.push('x'.repeat(1000))).flat();
  t.true(lines.length >= 23);
  t.is([...lines, ...splitter.flush()].join('').length, 100_000);
  t.true(lines.every((line) => line.length <= 4096));
});

test('a long line that comes in one piece is cut too', (t) => {
  t.deepEqual(
    new LineSplitter().push(`${'x'.repeat(5000)}\n`).map((line) => line.length),
    [4096, 904],
  );
});
