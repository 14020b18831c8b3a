import test from 'ava';

import { ByteBudgetCache } from '../../../fs-tracer/git/byte-budget-cache.ts';

test('the sum stays within the budget, and what was used lately stays longest', (t) => {
  const dropped: string[] = [];
  const cache = new ByteBudgetCache<string, string>(30, (value) => void dropped.push(value));
  for (const key of ['a', 'b', 'c']) cache.set(key, key, 10);
  t.is(cache.get('a'), 'a');
  cache.set('d', 'd', 10);
  t.deepEqual(dropped, ['b']);
  t.is(cache.get('a'), 'a');
  cache.set('e', 'e', 20);
  t.deepEqual(dropped, ['b', 'c', 'd']);
  t.true(cache.has('a') && cache.has('e'));
});

test('what is larger than the budget is dropped at once, with all else where everything was used', (t) => {
  const dropped: string[] = [];
  const cache = new ByteBudgetCache<string, string>(30, (value) => void dropped.push(value));
  cache.set('a', 'a', 10);
  cache.get('a');
  cache.set('big', 'big', 31);
  t.false(cache.has('big'));
  cache.set('a', 'new', 10);
  cache.clear();
  t.is(cache.get('a'), undefined);
  t.true(dropped.includes('new'));
});
