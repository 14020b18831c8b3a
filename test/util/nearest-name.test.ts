import test from 'ava';

import { nearestName } from '../../util/nearest-name.ts';

const KNOWN = ['run', 'plan', 'check', '--json', '--no-cache', '--no-install'] as const;

for (const [typed, expected] of [
  ['rnu', 'run'],
  ['rum', 'run'],
  ['paln', 'plan'],
  ['chek', 'check'],
  ['ch', 'check'],
  ['--jso', '--json'],
  ['--nocache', '--no-cache'],
  ['--no-i', '--no-install'],
  ['--no-', undefined],
  ['-', undefined],
  ['', undefined],
  ['deploy', undefined],
] as const) {
  test(`the nearest to ${JSON.stringify(typed)} is ${expected ?? 'none'}`, (t) => {
    t.is(nearestName(typed, KNOWN), expected);
  });
}
