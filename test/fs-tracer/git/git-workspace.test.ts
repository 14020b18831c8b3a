import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import {
  createMemoryDigestMemo,
  type DigestMemo,
  digestObservation,
  type GitCommit,
  type ObservationKind,
  openDirectoryWorkspace,
  openGitCommit,
  type Workspace,
  type WorkspacePath,
} from '../../../fs-tracer/index.ts';
import { GitRepository } from '../../helpers/git-repository.ts';

async function open(
  { folder }: Pick<GitRepository, 'folder'>,
  commit: string,
  digestMemo: DigestMemo = createMemoryDigestMemo(),
): Promise<GitCommit> {
  return openGitCommit({ repository: folder, commit, digestMemo, temporaryFolder: tmpdir() });
}

function path(text: string): WorkspacePath {
  return text as WorkspacePath;
}

/** Every path that can be reached by listing folders. */
function walk(workspace: Workspace, folder = ''): readonly string[] {
  return (workspace.list(path(folder)) ?? []).flatMap(({ name, type }) => {
    const child = folder === '' ? name : `${folder}/${name}`;
    return type === 'folder' ? [child, ...walk(workspace, child)] : [child];
  });
}

const KINDS: readonly ObservationKind[] = ['content', 'listing', 'stat', 'link', 'absent', 'exists'];

function allDigests(workspace: Workspace, paths: readonly string[]): readonly string[] {
  return paths.flatMap((each) =>
    KINDS.map((kind) => `${each} ${kind} ${digestObservation(workspace, { path: path(each), kind })}`),
  );
}

/** Fills a checkout with what a checkout can hold. */
function fill({ folder }: GitRepository, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), file);
    else writeFileSync(file, text);
    if (text.startsWith('#!')) chmodSync(file, 0o755);
  }
}

const name = fc.constantFrom('a', 'b', 'a.b', 'a-b', 'ab', 'ü', 'x y', 'A');
const tree = fc.dictionary(
  fc
    .array(name, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.map((part, depth) => `${depth}${part}`).join('/')),
  fc.oneof(fc.string({ maxLength: 40 }), fc.constant('#!/bin/sh\n'), fc.constantFrom('-> 0a', '-> /etc/passwd')),
  { minKeys: 1, maxKeys: 12 },
);

/** A file cannot be a folder as well. */
function consistent(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = Object.keys(files);
  return Object.fromEntries(
    Object.entries(files).filter(([file]) => !names.some((other) => other.startsWith(`${file}/`))),
  );
}

test('a commit shows and digests what a clean checkout of it does, and what git ls-tree lists', async (t) => {
  await fc.assert(
    fc.asyncProperty(tree, async (drawn) => {
      using repository = new GitRepository();
      fill(repository, consistent(drawn));
      using commit = await open(repository, repository.commit());
      const directory = openDirectoryWorkspace({ root: repository.folder, digestMemo: createMemoryDigestMemo() });
      const paths = walk(commit.workspace);
      t.deepEqual(paths, walk(directory));
      const listed = repository.gitBytes('ls-tree', '-r', '-t', '-z', '--name-only', 'HEAD').toString('latin1');
      t.deepEqual([...paths].sort(), listed.split('\0').slice(0, -1).sort());
      const asked = ['', 'missing', 'missing/below', ...paths, ...paths.map((each) => `${each}/below`)];
      t.deepEqual(allDigests(commit.workspace, asked), allDigests(directory, asked));
    }),
    { numRuns: 5 },
  );
});

test('the rules of .layerignore are those of the commit, and .gitignore has none', async (t) => {
  using repository = new GitRepository();
  fill(repository, {
    '.layerignore': '*.md\n!keep.md\nsecret\n*/hidden/*\n!a/hidden/shown\n',
    '.dockerignore': '*\n',
    'keep.md': '',
    'b.md': '',
    'secret/deep/x': '',
    'a/hidden/other': '',
    'a/hidden/shown': '',
    'a/plain': '',
  });
  const first = repository.commit();
  writeFileSync(join(repository.folder, '.gitignore'), '*\n');
  const directory = openDirectoryWorkspace({ root: repository.folder, digestMemo: createMemoryDigestMemo() });
  using commit = await open(repository, first);
  const seen = walk(commit.workspace);
  t.deepEqual(seen, ['.dockerignore', '.layerignore', 'a', 'a/hidden', 'a/hidden/shown', 'a/plain', 'keep.md']);
  t.deepEqual(walk(directory), seen);
  for (const hidden of ['b.md', 'secret', 'secret/deep', 'secret/deep/x', 'a/hidden/other']) {
    t.is(commit.workspace.entry(path(hidden)), null, hidden);
    t.is(commit.workspace.read(path(hidden), 0, 1), null, hidden);
  }
  t.is(commit.everything.entry(path('secret/deep/x'))?.type, 'file');
  repository.git('rm', '-q', '--cached', '.layerignore');
  repository.git('commit', '-qm', 'without');
  using without = await open(repository, repository.git('rev-parse', 'HEAD'));
  t.deepEqual(walk(without.workspace), [], '.dockerignore counts where there is no .layerignore');
});

test('submodules are absent, and told once they are met', async (t) => {
  using library = new GitRepository({ lib: '' });
  using repository = new GitRepository({ 'src/a': '' });
  const gitlink = `160000,${library.git('rev-parse', 'HEAD')}`;
  for (const place of ['src/module', 'other'])
    repository.git('update-index', '--add', '--cacheinfo', `${gitlink},${place}`);
  repository.git('commit', '-qm', 'with submodules');
  using commit = await open(repository, repository.git('rev-parse', 'HEAD'));
  t.is(commit.workspace.entry(path('src/a'))?.type, 'file');
  t.deepEqual(commit.submodules, []);
  t.deepEqual(commit.workspace.list(path('src')), [{ name: 'a', type: 'file' }]);
  t.deepEqual(commit.submodules, ['src/module']);
  for (const absent of ['other', 'other/lib', 'src/module/lib']) t.is(commit.workspace.entry(path(absent)), null);
  t.is(commit.workspace.list(path('other')), null);
  t.deepEqual(commit.submodules, ['other', 'src/module']);
});

test('a blob is what was committed: attributes and filters change nothing', async (t) => {
  using repository = new GitRepository();
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
  repository.git('config', 'core.autocrlf', 'true');
  fill(repository, { '.gitattributes': '*.txt eol=crlf\n*.bin filter=lfs\n', 'a.txt': 'one\ntwo\n', 'b.bin': pointer });
  using commit = await open(repository, repository.commit());
  t.is(commit.workspace.read(path('a.txt'), 0, 100)?.toString(), 'one\ntwo\n');
  t.is(commit.workspace.read(path('b.bin'), 0, 1000)?.toString(), pointer);
});

test('a digest that is remembered is given without reading the blob', async (t) => {
  using repository = new GitRepository({ a: 'one', b: 'one' });
  const commit = repository.git('rev-parse', 'HEAD');
  const digestMemo = createMemoryDigestMemo();
  using first = await open(repository, commit, digestMemo);
  const digest = first.workspace.digest(path('a'));
  const id = repository.git('rev-parse', 'HEAD:a');
  rmSync(join(repository.folder, '.git/objects', id.slice(0, 2), id.slice(2)));
  using second = await open(repository, commit, digestMemo);
  t.is(second.workspace.digest(path('b')), digest);
  t.is(second.workspace.entry(path('b'))?.type, 'file');
  t.throws(() => second.workspace.read(path('b'), 0, 1), { code: 'WORKSPACE_UNREADABLE' });
});

test('a big blob is read in ranges and digested, and leaves no file behind', async (t) => {
  using repository = new GitRepository();
  const scratch = mkdtempSync(join(tmpdir(), 'layer-spill-'));
  t.teardown(() => rmSync(scratch, { recursive: true }));
  const bytes = Buffer.alloc(40 * 1024 * 1024, 'some text that repeats\n');
  bytes.write('here', 35 * 1024 * 1024);
  writeFileSync(join(repository.folder, 'big'), bytes);
  const commit = repository.commit();
  for (const packed of [false, true]) {
    if (packed) repository.git('repack', '-adq');
    using opened = await openGitCommit({
      repository: repository.folder,
      commit,
      digestMemo: createMemoryDigestMemo(),
      temporaryFolder: scratch,
    });
    const { workspace } = opened;
    t.is(workspace.entry(path('big'))?.sizeBytes, bytes.length);
    t.is(workspace.read(path('big'), 35 * 1024 * 1024, 4)?.toString(), 'here');
    t.true(workspace.read(path('big'), 1000, 2 ** 20)?.equals(bytes.subarray(1000, 1000 + 2 ** 20)));
    t.is(workspace.read(path('big'), bytes.length - 3, 100)?.length, 3);
    t.is(workspace.read(path('big'), bytes.length + 3, 100)?.length, 0);
    const directory = openDirectoryWorkspace({ root: repository.folder, digestMemo: createMemoryDigestMemo() });
    t.is(workspace.digest(path('big')), directory.digest(path('big')));
    t.deepEqual(readdirSync(scratch), []);
  }
});

test('a worktree and a bare repository are read as well', async (t) => {
  using repository = new GitRepository({ a: 'one' });
  const commit = repository.git('rev-parse', 'HEAD');
  const scratch = mkdtempSync(join(tmpdir(), 'layer-bare-'));
  t.teardown(() => rmSync(scratch, { recursive: true }));
  repository.git('worktree', 'add', '-q', join(scratch, 'tree'));
  repository.git('clone', '-q', '--bare', repository.folder, join(scratch, 'bare.git'));
  for (const folder of ['tree', 'bare.git']) {
    using opened = await open({ folder: join(scratch, folder) }, commit);
    t.is(opened.workspace.read(path('a'), 0, 10)?.toString(), 'one', folder);
  }
});

test.serial('replacements and the place that a hook names are not looked at', async (t) => {
  using repository = new GitRepository({ a: 'one', b: 'two' });
  using other = new GitRepository({ a: 'other' });
  const commit = repository.git('rev-parse', 'HEAD');
  repository.git('replace', repository.git('rev-parse', 'HEAD:a'), repository.git('rev-parse', 'HEAD:b'));
  process.env['GIT_DIR'] = join(other.folder, '.git');
  try {
    repository.git('--git-dir=.git', '-c', 'pack.indexVersion=1', 'repack', '-adq');
    using opened = await open(repository, commit);
    t.is(opened.workspace.read(path('a'), 0, 10)?.toString(), 'one', 'read by git');
  } finally {
    delete process.env['GIT_DIR'];
  }
});

/** Makes a tree of raw bytes, which git itself would refuse, and a commit of it. */
function plantTree(repository: GitRepository, bytes: Buffer): string {
  const file = join(repository.folder, 'tree-bytes');
  writeFileSync(file, bytes);
  const id = repository.git('hash-object', '-t', 'tree', '-w', '--literally', file);
  rmSync(file);
  return repository.git('commit-tree', '-m', 'planted', id);
}

function treeEntry(mode: string, entryName: string, id: string): Buffer {
  return Buffer.concat([Buffer.from(`${mode} ${entryName}\0`, 'latin1'), Buffer.from(id, 'hex')]);
}

async function plantedCommit(t: ExecutionContext, bytes: (id: string) => Buffer): Promise<GitCommit> {
  const repository = new GitRepository({ a: 'one' });
  t.teardown(() => repository[Symbol.dispose]());
  const commit = await open(repository, plantTree(repository, bytes(repository.git('rev-parse', 'HEAD:a'))));
  t.teardown(() => commit[Symbol.dispose]());
  return commit;
}

test('names that no checkout could have are absent, and of two entries of one name the first counts', async (t) => {
  const names = ['.', '..', '.git', 'a/b', '', 'x'.repeat(256)];
  const commit = await plantedCommit(t, (id) =>
    Buffer.concat([
      ...names.map((each) => treeEntry('100644', each, id)),
      treeEntry('100755', 'twice', id),
      treeEntry('40000', 'twice', id),
    ]),
  );
  t.deepEqual(commit.everything.list(path('')), [{ name: 'twice', type: 'file' }]);
  t.is(commit.workspace.entry(path('twice'))?.executable, true);
  t.is(commit.workspace.entry(path('a/b')), null);
});

for (const [what, bytes] of [
  ['no mode', Buffer.from(' a\0aaaaaaaaaaaaaaaaaaaa')],
  ['a mode that is no number', Buffer.from('10x644 a\0aaaaaaaaaaaaaaaaaaaa')],
  ['a name without an end', Buffer.from('100644 aaaaaaaaaaaaaaaaaaaaaaaaaa')],
  ['an id that was cut off', Buffer.from('100644 a\0aaaaaaaaaa')],
  ['nothing readable', Buffer.from('nonsense')],
] as const) {
  test(`a tree with ${what} is an error, never a crash`, async (t) => {
    const commit = await plantedCommit(t, () => bytes);
    t.throws(() => commit.everything.list(path('')), { code: 'WORKSPACE_UNREADABLE', message: /it is no tree/ });
  });
}

test('files are found by name, and in a new commit only changed folders are searched again', async (t) => {
  using repository = new GitRepository({ Layerfile: '', 'b/Layerfile': '', 'node_modules/x/Layerfile': '' });
  const many = Array.from({ length: 40 }, (_, index) => [
    `a/${index}/${index === 7 ? 'Layerfile' : 'file'}`,
    `${index}`,
  ]);
  const first = repository.commit(Object.fromEntries(many) as Record<string, string>);
  const digestMemo = createMemoryDigestMemo();
  using commit = await open(repository, first, digestMemo);
  const search = (opened: GitCommit, folder = ''): readonly string[] =>
    opened.findFiles(path(folder), 'Layerfile', new Set(['node_modules']));
  t.deepEqual(search(commit), ['Layerfile', 'a/7/Layerfile', 'b/Layerfile']);
  t.deepEqual(search(commit, 'b'), ['b/Layerfile']);
  t.deepEqual(search(commit, 'Layerfile'), []);
  const second = repository.commit({ 'c/Layerfile': '' });
  const unread = repository.git('rev-parse', 'HEAD:a/3');
  rmSync(join(repository.folder, '.git/objects', unread.slice(0, 2), unread.slice(2)));
  using next = await open(repository, second, digestMemo);
  t.deepEqual(search(next), ['Layerfile', 'a/7/Layerfile', 'b/Layerfile', 'c/Layerfile']);
  t.true(existsSync(join(repository.folder, 'a/3/file')));
});
