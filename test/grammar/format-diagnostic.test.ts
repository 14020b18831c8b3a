import test from 'ava';

import { formatDiagnostic } from '../../grammar/index.ts';
import { diagnosticsOf } from './parsing.ts';

async function formatted(source: string): Promise<readonly string[]> {
  return (await diagnosticsOf(source)).map((diagnostic) => formatDiagnostic(diagnostic, source));
}

test('a finding shows its place, line, squiggle and hint', async (t) => {
  t.deepEqual(await formatted('FROM vm/debian:12\n\nCOPY a b target\n'), [
    [
      'app/Layerfile:3:10: error: COPY of 2 sources needs a folder as destination, but `target` does not end with `/`',
      '  3 | COPY a b target',
      '    |          ^^^^^^',
      '  hint: Write `target/`.',
    ].join('\n'),
  ]);
});

test('a related place is shown between squiggle and hint', async (t) => {
  t.deepEqual(await formatted('FROM vm/debian:12\nENV A=1 A=2'), [
    [
      'app/Layerfile:2:9: warning: ENV sets `A` twice, and the last one holds',
      '  2 | ENV A=1 A=2',
      '    |         ^^^',
      '  app/Layerfile:2:5: first set here',
    ].join('\n'),
  ]);
});

test('the squiggle of a finding over several lines ends with the first', async (t) => {
  const [text] = await formatted(`${'#\n'.repeat(9)}FROM vm/debian:12\r\nEXPOSE TCP\\\r\n  1 \\\r\n 2 3`);
  t.is(
    text,
    [
      'app/Layerfile:13:4: error: EXPOSE TCP takes one port or two, but `3` follows them',
      '  13 |  2 3',
      '     |    ^',
      '  hint: Write `EXPOSE TCP 5432`, or `EXPOSE TCP 15432 :5432` to use another port on the host.',
    ].join('\n'),
  );
  const [run] = await formatted('FROM vm/debian:12\nRUN <<EOF\nEOF');
  t.deepEqual(run?.split('\n').slice(1, 3), ['  2 | RUN <<EOF', '    | ^^^^^^^^^']);
});

test('tabs stay tabs and wide characters take two columns in the squiggle', async (t) => {
  const [text] = await formatted('FROM vm/debian:12\n\tCOPY 机é😀 b target');
  t.deepEqual(text?.split('\n').slice(1, 3), ['  2 | \tCOPY 机é😀 b target', '    | \t             ^^^^^^']);
});

test('a byte order mark does not move the squiggle', async (t) => {
  const [text] = await formatted('\uFEFFFROM a b');
  t.deepEqual(text?.split('\n').slice(1, 3), ['  1 | FROM a b', '    |        ^']);
});

test('an empty file still has a place to point at', async (t) => {
  t.deepEqual((await formatted(''))[0]?.split('\n').slice(1), [
    '  1 |',
    '    | ^',
    '  hint: Begin with `FROM vm/debian:12`, for example.',
  ]);
});

test('control characters of a Layerfile do not reach the terminal', async (t) => {
  const [text] = await formatted('FROM vm/debian:12\nSPLIT \u001B[31mred\u202E');
  t.is(
    text,
    [
      'app/Layerfile:2:7: error: SPLIT takes a number of copies, but found `\uFFFD[31mred\uFFFD`',
      '  2 | SPLIT \uFFFD[31mred\uFFFD',
      '    |       ^^^^^^^^^',
      '  hint: Write `SPLIT 3` or `SPLIT UNORDERED 3`.',
    ].join('\n'),
  );
});

test('a long line is shown around the finding', async (t) => {
  const [text] = await formatted(`FROM vm/debian:12\nCOPY ${'a '.repeat(500)}target`);
  const [, line, squiggle] = text!.split('\n');
  t.is(line, `  2 | ${'a '.repeat(20)}target`);
  t.is(squiggle, `    | ${' '.repeat(40)}^^^^^^`);
});

test('an excerpt fits into 80 columns, wherever the finding is', async (t) => {
  for (const words of [5, 12, 15, 20, 30, 200]) {
    const [text] = await formatted(`FROM vm/debian:12\nCOPY ${'word '.repeat(words)}target ${'# '.repeat(100)}`);
    const [, line = '', squiggle = ''] = text!.split('\n');
    t.true(line.length <= 80 && squiggle.length <= 80, `${line.length} ${squiggle.length}`);
    t.is(line.slice(squiggle.indexOf('^'), squiggle.lastIndexOf('^') + 1), 'target');
  }
});

test('a finding in another text than the one given is told without a line', async (t) => {
  const [found] = await diagnosticsOf('FROM vm/debian:12\n\nSPLIT 0');
  t.is(
    formatDiagnostic(found!, 'FROM a'),
    'app/Layerfile:3:7: error: SPLIT `0` is not between 1 and 64\n  hint: Write `SPLIT 3` or `SPLIT UNORDERED 3`.',
  );
});
