import test from 'ava';

import { formatAge, parseAge } from '../../cli/age.ts';
import { formatSize, parseSize } from '../../cli/size.ts';

test('sizes are written with units of disks or of memory, or as bytes', (t) => {
  const sizes = ['700', '700B', '5k', '5 KiB', '1.5GB', '20gb', '10GiB', '1T', '0'].map((text) =>
    parseSize(text, '--x'),
  );
  t.deepEqual(sizes, [700, 700, 5000, 5120, 1.5e9, 20e9, 10 * 2 ** 30, 1e12, 0]);
});

test('what is no size is refused, with what one looks like', (t) => {
  for (const text of ['', 'GB', '-1', '1.GB', '5 XB', '1e3', '99999999999T']) {
    const error = t.throws(() => parseSize(text, '--keep-storage'), { code: 'USAGE' }, text);
    t.is(error.message, `--keep-storage is \`${text}\`: not a size`);
  }
});

test('sizes are shown with three digits or so', (t) => {
  t.deepEqual([0, 700, 1024, 5 << 20, 1.5 * 2 ** 40].map(formatSize), [
    '0 B',
    '700 B',
    '1.0 KiB',
    '5.0 MiB',
    '1.5 TiB',
  ]);
});

test('ages are written from weeks to seconds', (t) => {
  const day = 86_400_000;
  t.deepEqual(
    ['30d', '2w', '1w1d', '12h30m', '45s'].map((text) => parseAge(text, '--x')),
    [30 * day, 14 * day, 8 * day, 45_000_000, 45_000],
  );
  for (const text of ['', '0d', '30', '1h1d', 'd', '-1d'])
    t.throws(() => parseAge(text, '--older-than'), {
      code: 'USAGE',
      message: `--older-than is \`${text}\`: not an age`,
    });
});

test('ages are shown in one unit', (t) => {
  const [second, minute] = [1000, 60_000];
  t.deepEqual(
    [0, 999, 42 * second, 119 * second, 59 * minute, 47 * 60 * minute, 13 * 1440 * minute, 15 * 1440 * minute].map(
      formatAge,
    ),
    ['now', 'now', '42 s', '1 m', '59 m', '1 d', '1 w', '2 w'],
  );
});
