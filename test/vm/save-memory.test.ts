import test from 'ava';
import fc from 'fast-check';

import { stretchesBetween } from '../../vm/save-memory.ts';

test('what written stretches leave is all the rest, in order, and nothing of them', (t) => {
  const written = fc.uniqueArray(fc.nat({ max: 99 })).map((pages) => pages.sort((a, b) => a - b));
  const property = fc.property(written, (pages) => {
    const rest = stretchesBetween(
      pages.map((page) => [page, page + 1]),
      100,
    );
    const left = rest.flatMap(([first, end]) => Array.from({ length: end - first }, (_, index) => first + index));
    const expected = Array.from({ length: 100 }, (_, page) => page).filter((page) => !pages.includes(page));
    t.deepEqual(left, expected);
    t.true(rest.every(([first, end]) => first < end));
  });
  fc.assert(property);
});
