import test from 'ava';

import { formatDuration, parseDuration } from '../../util/duration.ts';

for (const [text, durationMs] of [
  ['10s', 10_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1h1s', 3_601_000],
  ['90s', 90_000],
] as const) {
  test(`${text} is ${durationMs} ms`, (t) => {
    t.is(parseDuration(text, '--timeout'), durationMs);
  });
}

for (const text of ['', '0s', '10', 's', '1s1m', '1.5h', '-3s', '10 s', '3d']) {
  test(`${JSON.stringify(text)} is not a duration`, (t) => {
    t.throws(() => parseDuration(text, '--timeout'), { message: `--timeout is \`${text}\`: not a duration` });
  });
}

test('a duration that no timer can count is refused', (t) => {
  t.is(parseDuration('576h', '--timeout'), 2_073_600_000);
  t.throws(() => parseDuration('577h', '--timeout'), { message: '--timeout is `577h`: more than 24 days' });
  t.throws(() => parseDuration(`${'9'.repeat(400)}s`, '--timeout'), { message: /more than 24 days/ });
});

for (const [durationMs, text] of [
  [0, '0.00 s'],
  [4, '0.00 s'],
  [420, '0.42 s'],
  [994, '0.99 s'],
  [996, '1.0 s'],
  [8123, '8.1 s'],
  [59_940, '59.9 s'],
  [59_960, '1 m 00 s'],
  [192_000, '3 m 12 s'],
  [3_599_400, '59 m 59 s'],
  [3_599_600, '1 h 00 m'],
  [3_780_000, '1 h 03 m'],
] as const) {
  test(`${durationMs} ms is shown as ${text}`, (t) => {
    t.is(formatDuration(durationMs), text);
  });
}
