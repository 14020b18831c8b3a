import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

const ROOT = join(import.meta.dirname, '../..');
const TEXT = readFileSync(join(ROOT, 'docs/correctness.md'), 'utf8');

/** What is known not to be seen; the document says so in its own words. */
const UNSEEN = 'a program that asks the kernel for what it happens to know of a file is observed';

interface Promised {
  readonly promise: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** `| promise | FILE: title; FILE: title |` */
const ROWS: readonly Promised[] = Array.from(
  TEXT.matchAll(/^\| (.*) \| (`test\/.*) \|$/gm),
  ([, promise = '', cell = '']) => ({
    promise,
    tests: Array.from(cell.matchAll(/`(test\/[^`]+)`: (.*?)(?=; `test\/|$)/g), ([, file = '', title = '']) => ({
      file,
      title,
    })),
  }),
);

test('every row of what Layer promises names a test, and each of these is there', (t) => {
  t.true(ROWS.length >= 29);
  for (const { promise, tests } of ROWS) {
    t.true(tests.length > 0, promise);
    for (const { file, title } of tests)
      t.true(readFileSync(join(ROOT, file), 'utf8').includes(title), `${file}: ${title}`);
  }
});

test('every row of the tracing tests is among what Layer promises', (t) => {
  for (const name of ['look', 'link', 'read', 'file', 'write', 'tool', 'step']) {
    const source = readFileSync(join(ROOT, `test/vm/tracing/${name}-cases.ts`), 'utf8');
    const titles = Array.from(source.matchAll(/title:\s*'([^']+)'/g), ([, title = '']) => title);
    t.true(titles.length > 0, name);
    for (const title of titles.filter((each) => each !== UNSEEN))
      t.true(
        ROWS.some(({ tests }) => tests.some((named) => named.title === title)),
        title,
      );
  }
});
