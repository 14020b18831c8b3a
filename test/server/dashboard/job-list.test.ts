import test from 'ava';

import { withChange, withFirstPage } from '../../../server/dashboard/pages/jobs/job-list.ts';
import type { JobBody } from '../../../server/api/schemas/index.ts';

const job = (id: number, state: JobBody['state'] = 'running'): JobBody => ({ id, state }) as JobBody;
const ids = (jobs: readonly JobBody[] | null): readonly number[] | null => jobs?.map(({ id }) => id) ?? null;

test('a new job comes first, and a change takes the place of what it changes', (t) => {
  t.deepEqual(ids(withChange([job(2), job(1)], job(3), false)), [3, 2, 1]);
  const changed = withChange([job(2), job(1)], job(1, 'failed'), false);
  t.deepEqual(
    changed?.map(({ state }) => state),
    ['running', 'failed'],
  );
});

test('an old job that is not shown yet does not jump in', (t) => {
  t.deepEqual(ids(withChange([job(9), job(8)], job(3), false)), [9, 8]);
});

test('with a filter only the server knows whether a job belongs there', (t) => {
  t.is(withChange([job(2)], job(3), true), null);
  t.is(withChange([job(2)], job(2, 'failed'), true), null);
  t.deepEqual(ids(withChange([job(2)], job(2), true)), [2]);
});

test('older pages stay when the first is read anew', (t) => {
  t.deepEqual(ids(withFirstPage([job(9), job(8), job(7), job(6)], [job(10), job(9), job(8)], 8)), [10, 9, 8, 7, 6]);
  t.deepEqual(ids(withFirstPage([job(9), job(1)], [job(9)], null)), [9]);
});
