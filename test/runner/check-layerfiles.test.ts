import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';

import { checkLayerfiles, type CheckResult } from '../../runner/index.ts';

/** A git repository in a temporary folder, with a cache of its own. */
class Tree implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'layer-check-'));
  readonly #home = join(this.root, '.git/home');

  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(join(this.root, '.git'));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.root, dirname(path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  async check(folder = '.', unsaved?: { readonly path: string; readonly text: string }): Promise<CheckResult> {
    return checkLayerfiles({ paths: ['.'], directory: join(this.root, folder), home: this.#home, unsaved });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

test('findings have the places of the Language Server Protocol: from 0, in UTF-16 code units, the end behind', async (t) => {
  using tree = new Tree({ 'web/Layerfile': '\uFEFFFROM vm/debian:12\r\nCOPY 😀 é b target\r\nENV A=1 A=2\r\n' });
  const { found, errors, warnings } = await tree.check('web');
  t.deepEqual([errors, warnings], [1, 1]);
  t.deepEqual(found, [
    {
      event: 'diagnostic',
      layerfile: 'web/Layerfile',
      severity: 'error',
      code: 'not-a-folder',
      message: 'COPY of 3 sources needs a folder as destination, but `target` does not end with `/`',
      hint: 'Write `target/`.',
      range: { start: { line: 1, character: 12 }, end: { line: 1, character: 18 } },
      related: [],
    },
    {
      event: 'diagnostic',
      layerfile: 'web/Layerfile',
      severity: 'warning',
      code: 'duplicate-key',
      message: 'ENV sets `A` twice, and the last one holds',
      hint: null,
      range: { start: { line: 2, character: 8 }, end: { line: 2, character: 11 } },
      related: [
        {
          layerfile: 'web/Layerfile',
          message: 'first set here',
          range: { start: { line: 2, character: 4 }, end: { line: 2, character: 7 } },
        },
      ],
    },
  ]);
});

test('a second check tells the same, and an edited file is looked at anew', async (t) => {
  using tree = new Tree({ Layerfile: 'FROM vm/debian:12\nSPLIT 0\n', 'a/Layerfile': 'RUN x\n' });
  const first = await tree.check();
  t.is(first.errors, 2);
  t.deepEqual(await tree.check(), first);
  tree.write('Layerfile', 'FROM vm/debian:12\nSPLIT 2\n');
  t.deepEqual(
    (await tree.check()).found.map(({ layerfile, code }) => `${layerfile} ${code}`),
    ['a/Layerfile from-missing'],
  );
});

test('an unsaved text is checked in place of the file it belongs to', async (t) => {
  using tree = new Tree({ 'a/Layerfile': 'FROM vm/debian:12\n' });
  const { found } = await tree.check('.', { path: 'a/Layerfile', text: 'FROM vm/debian:12\nWAIT ../a\n' });
  t.deepEqual(
    found.map(({ layerfile, code }) => `${layerfile} ${code}`),
    ['a/Layerfile wait-itself'],
  );
});

test('what is wrong with the graph of valid Layerfiles is found, with its places', async (t) => {
  using tree = new Tree({
    'a/Layerfile': 'FROM ../b\nRUN a\n',
    'b/Layerfile': 'FROM ../a\nWAIT /nowhere\n',
  });
  const { found, errors, text } = await tree.check();
  t.is(errors, 2);
  t.deepEqual(
    found.map(({ code, layerfile, range }) => [code, layerfile, range.start.line]),
    [
      ['layerfile-missing', 'b/Layerfile', 1],
      ['graph-cycle', 'a/Layerfile', 0],
    ],
  );
  t.regex(text, /b\/Layerfile:2:6.*nowhere/);
  t.is((await tree.check('a')).errors, 2, 'also where only one of them is asked for');
});

test('what is wrong in a Layerfile that is only needed is told when that one is checked', async (t) => {
  using tree = new Tree({ 'a/Layerfile': 'FROM ../b\nRUN a\n', 'b/Layerfile': 'FROM vm/debian:12\nRUM b\n' });
  t.is((await tree.check('a')).errors, 0);
  t.is((await tree.check('b')).errors, 1);
});
