import test from 'ava';

import { nearest } from '../../grammar/nearest.ts';

const KNOWN = ['RUN', 'COPY', 'CACHE', 'WORKDIR', 'EXPOSE WEBSITE'] as const;

for (const [found, expected] of [
  ['RNU', 'RUN'],
  ['COPYY', 'COPY'],
  ['CPY', 'COPY'],
  ['WORDKIR', 'WORKDIR'],
  ['EXPOZ WEBSTIE', 'EXPOSE WEBSITE'],
  ['NPM', undefined],
  ['', undefined],
  ['WORK', undefined],
] as const) {
  test(`the nearest to ${JSON.stringify(found)} is ${expected ?? 'none'}`, (t) => {
    t.is(nearest(found, KNOWN), expected);
  });
}
