import test from 'ava';

import { ansiSpans, markMatches } from '../../../server/dashboard/model/ansi-spans.ts';
import { LogLines } from '../../../server/dashboard/model/log-lines.ts';
import { matchingRows } from '../../../server/dashboard/model/log-search.ts';

function texts(log: LogLines): readonly string[] {
  return log.rows.map((row) => (row.kind === 'output' ? `${row.line} ${row.text}` : `step ${row.step}`));
}

test('lines come together from pieces, and empty ones count', (t) => {
  const log = new LogLines();
  log.heading(2);
  log.push(2, 'stdout', 'one\n\ntw');
  log.push(2, 'stdout', 'o\nthree');
  t.deepEqual(texts(log), ['step 2', '1 one', '2 ', '3 two', '4 three']);
  t.is(log.lineCount, 4);
});

test('streams and steps that write at once do not mix within a line', (t) => {
  const log = new LogLines();
  log.push(1, 'stdout', 'out ');
  log.push(1, 'stderr', 'error\n');
  log.push(2, 'stdout', 'other\n');
  log.push(1, 'stdout', 'put\n');
  t.deepEqual(texts(log), ['1 out put', '2 error', '3 other']);
});

test('a line is found by its number, with headings in between', (t) => {
  const log = new LogLines();
  for (let step = 1; step <= 50; step++) {
    log.heading(step);
    log.push(step, 'stdout', 'a\nb\n');
  }
  for (let line = 1; line <= 100; line++) {
    const row = log.rows[log.indexOfLine(line) ?? -1];
    t.true(row?.kind === 'output' && row.line === line, `line ${line}`);
  }
  t.is(log.indexOfLine(101), undefined);
  t.is(log.headingIndex(2), 3);
});

test('colours go on from line to line until they are reset, and stay within their step', (t) => {
  const log = new LogLines();
  log.push(1, 'stdout', '\u001b[1;31mred\nstill\u001b[0m\nplain\n');
  log.push(2, 'stdout', 'other\n');
  const styles = log.rows.map((row) => (row.kind === 'output' ? row.style : ''));
  t.deepEqual(styles, ['', '\u001b[1;31m', '', '']);
  t.deepEqual(ansiSpans('still', '\u001b[1;31m'), [
    { text: 'still', classes: 'ansi-red-fg ansi-bold', colour: null, background: null },
  ]);
});

test('escape sequences that are no colours, controls and marks that reorder text leave nothing behind', (t) => {
  const nasty =
    '\u001b]0;title\u0007\u001b[2J\u001b[3;4Hok\u001b]8;;http://evil.example\u001b\\link\u001b]8;;\u001b\\\u0008\u202e\u001b(B!';
  t.is(
    ansiSpans(nasty, '')
      .map(({ text }) => text)
      .join(''),
    'oklink!',
  );
});

test('of a progress bar its last version is shown', (t) => {
  t.is(ansiSpans('10 %\r50 %\r100 %\r', '')[0]?.text, '100 %');
});

test('24-bit colours are told as numbers only', (t) => {
  const [span] = ansiSpans('\u001b[38;2;255;128;0mtrue', '');
  t.is(span?.colour, '255, 128, 0');
});

test('markup in a log stays text', (t) => {
  const markup = '<script>alert(1)</script> &amp; \u001b[31m<b>';
  t.is(
    ansiSpans(markup, '')
      .map(({ text }) => text)
      .join(''),
    '<script>alert(1)</script> &amp; <b>',
  );
});

test('matches are marked across changes of colour, whatever their capitals', (t) => {
  const marked = markMatches(ansiSpans('a Wor\u001b[31mld wide world', ''), 'world');
  t.deepEqual(
    marked.map(({ text, isMatch }) => (isMatch ? `[${text}]` : text)),
    ['a ', '[Wor]', '[ld]', ' wide ', '[world]'],
  );
});

test('rows are found by their text, not by escape sequences or headings', (t) => {
  const log = new LogLines();
  log.heading(1);
  log.push(1, 'stdout', 'Error: \u001b[31mno\u001b[0mne\n31 m\nnothing\n');
  t.deepEqual(matchingRows(log.rows, 'NONE'), [1]);
  t.deepEqual(matchingRows(log.rows, '[31m'), []);
  t.deepEqual(matchingRows(log.rows, ''), []);
});

test('a machine that prints without end is cut off', (t) => {
  const log = new LogLines();
  for (let round = 0; round < 41; round++) log.push(1, 'stdout', 'x\n'.repeat(10_000));
  t.is(log.rows.length, 400_000);
  t.true(log.isCut);
});
