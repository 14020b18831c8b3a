import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';

import {
  defaultName,
  findLayerfiles,
  LayerfileInvalid,
  type LayerfileSource,
  parseCached,
  requireValid,
} from '../../runner/layerfile-source.ts';
import { decodeChecked, encodeChecked } from '../../util/checked-json.ts';

class Tree implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'layer-source-'));

  constructor(...paths: readonly string[]) {
    execFileSync('git', ['init', '--quiet'], { cwd: this.root });
    for (const path of paths) {
      mkdirSync(join(this.root, dirname(path)), { recursive: true });
      writeFileSync(join(this.root, path), 'FROM vm/debian:12\n');
    }
  }

  find(...paths: readonly string[]): readonly string[] {
    return findLayerfiles(paths, this.root).map(({ path }) => path);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

test('a folder stands for every Layerfile below it, in a stable order', (t) => {
  using tree = new Tree('b/Layerfile', 'a/deep/Layerfile', 'Layerfile', 'a/Layerfile', 'a/Layerfile.old');
  t.deepEqual(tree.find('.'), ['Layerfile', 'a/Layerfile', 'a/deep/Layerfile', 'b/Layerfile']);
});

test('.git and node_modules are not searched', (t) => {
  using tree = new Tree('Layerfile', 'node_modules/x/Layerfile', '.git/Layerfile');
  t.deepEqual(tree.find('.'), ['Layerfile']);
});

test('a file may have any name when it is named itself', (t) => {
  using tree = new Tree('other.layer');
  t.deepEqual(tree.find('other.layer'), ['other.layer']);
});

test('a Layerfile that is named twice is built once', (t) => {
  using tree = new Tree('a/Layerfile');
  t.deepEqual(tree.find('a', 'a/Layerfile', '.'), ['a/Layerfile']);
});

test('a path that is not there and a folder without a Layerfile are told apart', (t) => {
  using tree = new Tree('a/README');
  t.throws(() => tree.find('b'), { code: 'LAYERFILE_MISSING', message: 'b does not exist' });
  t.throws(() => tree.find('a'), { code: 'LAYERFILE_MISSING', message: 'There is no Layerfile in a' });
});

test('a Layerfile knows its path from the root of the git repository', (t) => {
  using tree = new Tree('a/Layerfile');
  const [source] = findLayerfiles(['Layerfile'], join(tree.root, 'a'));
  t.like(source, { workspaceRoot: tree.root, path: 'a/Layerfile', text: 'FROM vm/debian:12\n' });
});

function sourceOf(text: string, path = 'Layerfile'): LayerfileSource {
  return { workspaceRoot: '/nowhere', path, text };
}

test('parsing again what was parsed gives the same, from the memo', async (t) => {
  using tree = new Tree();
  const source = sourceOf('FROM vm/debian:12\nrun echo\n');
  const first = await parseCached(source, tree.root);
  const [memo = ''] = readdirSync(join(tree.root, 'parsed'));
  t.deepEqual(await parseCached(source, tree.root), first);
  const file = join(tree.root, 'parsed', memo);
  const remembered = decodeChecked(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, encodeChecked({ ...remembered, result: { ...first, diagnostics: [] } }));
  t.deepEqual((await parseCached(source, tree.root)).diagnostics, [], 'it was read, not parsed');
  const other = encodeChecked({ parsed: 'another text with this hash', result: { ...first, diagnostics: [] } });
  writeFileSync(file, other);
  t.deepEqual(await parseCached(source, tree.root), first, 'the memo was of another text');
  writeFileSync(file, readFileSync(file, 'utf8').replace('echo', 'ecko'));
  t.deepEqual(await parseCached(source, tree.root), first, 'the memo was damaged');
});

test('another text and another path are parsed anew', async (t) => {
  using tree = new Tree();
  await parseCached(sourceOf('FROM vm/debian:12\n'), tree.root);
  const { layerfile } = await parseCached(sourceOf('FROM vm/debian:12\n', 'a/Layerfile'), tree.root);
  t.is(layerfile.path, 'a/Layerfile');
  t.is((await parseCached(sourceOf('FROM vm/debian:12\nRUN x\n'), tree.root)).layerfile.instructions.length, 2);
});

test('a memo that cannot be read or written is done without', async (t) => {
  using tree = new Tree();
  const source = sourceOf('FROM vm/debian:12\n');
  await parseCached(source, tree.root);
  const [memo = ''] = readdirSync(join(tree.root, 'parsed'));
  writeFileSync(join(tree.root, 'parsed', memo), '{"layerf');
  t.is((await parseCached(source, tree.root)).layerfile.instructions.length, 1);
  t.is((await parseCached(source, '/dev/null/home')).layerfile.instructions.length, 1);
});

test('a Layerfile with errors is refused with all of them and their lines', async (t) => {
  const source = sourceOf('FROM vm/debian:12\nRNU x\nCOPY\n');
  const parsed = await parseCached(source, '/dev/null');
  const error = t.throws(() => requireValid(source, parsed), { instanceOf: LayerfileInvalid });
  t.is(error.count, 2);
  t.regex(error.diagnosticsText, /Layerfile:2/);
  t.regex(error.diagnosticsText, /Layerfile:3/);
});

test('a Layerfile is named after its last two folders', (t) => {
  t.is(defaultName('Layerfile'), 'main-layerfile');
  t.is(defaultName('web/Layerfile'), 'web');
  t.is(defaultName('a/services/web/Layerfile'), 'services-web');
});
