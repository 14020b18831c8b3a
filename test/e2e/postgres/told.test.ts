import test from 'ava';

import { contradictions } from './told.ts';

const TOLD = `before 20000|2000000
ended 2 500 814
after 21000|2095000
written 21100
Bad checksums:  0
Database cluster state:               shut down
`;

test('what a database that went on correctly tells contradicts nothing, and names its backend', (t) => {
  t.deepEqual(contradictions(TOLD, 2, 'COMMIT', '814'), { problems: [], backend: '814' });
});

for (const [what, from, to] of [
  ['rows that nobody committed', 'before 20000', 'before 21000'],
  ['rows that are lost', 'after 21000|2095000', 'after 20000|2000000'],
  ['rows that cannot be written', 'written 21100', 'written 21000'],
  ['a page with another checksum', 'Bad checksums:  0', 'Bad checksums:  1'],
  ['a server that did not stop in order', 'shut down', 'in production'],
  ['a client that lost its table', 'ended 2 500', 'ended 2 0'],
  ['the answer of another restore', 'ended 2', 'ended 1'],
  ['a connection that was made anew', '814', '815'],
] as const)
  test(`${what} is found`, (t) => {
    t.true(contradictions(TOLD.replace(from, to), 2, 'COMMIT', '814').problems.length > 0);
  });

test('a transaction that was to be rolled back and is there is found', (t) => {
  t.true(contradictions(TOLD, 2, 'ROLLBACK', '814').problems.length > 0);
});
