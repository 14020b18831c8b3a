import test from 'ava';

import { foldPaths } from '../../../cli/trace/fold-paths.ts';

test('few paths stay as they are', (t) => {
  const folded = foldPaths(['Makefile', 'src/a.c', 'src/b.c'], 3);
  t.deepEqual(
    folded.rows.map(({ path }) => path),
    ['Makefile', 'src/a.c', 'src/b.c'],
  );
  t.is(folded.left, 0);
});

test('paths of one folder become one row, the deepest folders first', (t) => {
  const paths = ['Makefile', 'src/a.c', 'src/deep/x/1', 'src/deep/x/2', 'src/deep/y/3'];
  t.deepEqual(foldPaths(paths, 4).rows, [
    { path: 'Makefile', count: 1 },
    { path: 'src/a.c', count: 1 },
    { path: 'src/deep/x/', count: 2 },
    { path: 'src/deep/y/3', count: 1 },
  ]);
  t.deepEqual(foldPaths(paths, 2).rows, [
    { path: 'Makefile', count: 1 },
    { path: 'src/', count: 4 },
  ]);
});

test('where even the topmost folders are too many, the largest are told, and how many paths are not', (t) => {
  const paths = ['a', 'b', 'c', 'd/1', 'd/2', 'e'];
  t.deepEqual(foldPaths(paths, 3), {
    rows: [
      { path: 'a', count: 1 },
      { path: 'd/', count: 2 },
    ],
    left: 3,
  });
});

test('all paths are counted, whatever the number of rows', (t) => {
  const paths = Array.from({ length: 500 }, (_, index) => `${index % 7}/${index % 31}/${index}`);
  for (let most = 1; most < 40; most++) {
    const { rows, left } = foldPaths(paths, most);
    t.true(rows.length <= most);
    t.is(
      rows.reduce((sum, { count }) => sum + count, left),
      500,
    );
  }
});
