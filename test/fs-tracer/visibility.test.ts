import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import {
  createMemoryDigestMemo,
  openDirectoryWorkspace,
  type Workspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';

function makeFolder(t: Pick<ExecutionContext, 'teardown'>, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'layer-visibility-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  writeFiles(root, files);
  return root;
}

function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function git(root: string, ...query: readonly string[]): string {
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  return execFileSync('git', ['-C', root, ...query], { encoding: 'latin1', env: environment });
}

function makeCheckout(t: Pick<ExecutionContext, 'teardown'>, files: Readonly<Record<string, string>>): string {
  const root = makeFolder(t, files);
  git(root, 'init', '-q');
  return root;
}

function open(root: string): Workspace {
  return openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo(), folderLifetimeMs: 0 });
}

/** Every file that can be reached by listing folders. */
function walk(workspace: Workspace, folder = ''): readonly string[] {
  const entries = workspace.list(folder as WorkspacePath) ?? [];
  return entries.flatMap(({ name, type }) => {
    const path = folder === '' ? name : `${folder}/${name}`;
    return type === 'folder' ? walk(workspace, path) : [path];
  });
}

/** What a push would bring, as git tells it. */
function committable(root: string): readonly string[] {
  const paths = git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  return [...new Set(paths.filter((path) => path !== ''))].sort();
}

test('outside a git checkout everything is visible but .git', (t) => {
  const root = makeFolder(t, { a: '', '.gitignore': 'a', 'sub/.git/config': '' });
  t.deepEqual(walk(open(root)), ['.gitignore', 'a']);
});

test('in a checkout ignored files are absent, to look-ups as to listings', (t) => {
  const root = makeCheckout(t, {
    '.gitignore': '*.log\n/out/\n',
    'a.log': '',
    'out/x': '',
    'src/out/x': '',
    'src/b.log': '',
  });
  const workspace = open(root);
  t.deepEqual(walk(workspace), ['.gitignore', 'src/out/x']);
  for (const hidden of ['a.log', 'out', 'out/x', 'src/b.log', '.git', '.git/config']) {
    t.is(workspace.entry(hidden as WorkspacePath), null, hidden);
    t.is(workspace.identity(hidden as WorkspacePath), '', hidden);
  }
});

test('an ignored file that is tracked is visible, and so are the folders on the way to it', (t) => {
  const root = makeCheckout(t, { '.gitignore': 'out\n', 'out/deep/kept': '', 'out/deep/other': '', 'out/x': '' });
  git(root, 'add', '-f', 'out/deep/kept');
  const workspace = open(root);
  t.deepEqual(walk(workspace), ['.gitignore', 'out/deep/kept']);
  git(root, 'add', '-f', 'out/x');
  t.deepEqual(walk(workspace), ['.gitignore', 'out/deep/kept', 'out/x']);
});

test('an index of version 4 or split in two is understood as well', (t) => {
  for (const setting of [
    ['update-index', '--index-version', '4'],
    ['update-index', '--split-index'],
  ]) {
    const root = makeCheckout(t, { '.gitignore': 'out\n', 'out/kept': '', 'out/x': '', a: '' });
    git(root, 'add', '-f', 'out/kept', 'a');
    git(root, ...setting);
    t.deepEqual(walk(open(root)), ['.gitignore', 'a', 'out/kept']);
  }
});

test('.git/info/exclude and core.excludesFile count', (t) => {
  const root = makeCheckout(t, { a: '', b: '', c: '', 'my rules': 'b\n' });
  appendFileSync(join(root, '.git/info/exclude'), 'a\n');
  git(root, 'config', 'core.excludesFile', join(root, 'my rules'));
  t.deepEqual(walk(open(root)), ['c', 'my rules']);
});

test('a worktree is a checkout with rules and an index of its own', (t) => {
  const root = makeCheckout(t, { '.gitignore': 'out\n', 'out/kept': '' });
  git(root, 'add', '-f', '.');
  git(root, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x');
  git(root, 'worktree', 'add', '-q', 'out/tree');
  const tree = join(root, 'out/tree');
  writeFiles(tree, { 'out/other': '', new: '' });
  appendFileSync(join(root, '.git/info/exclude'), 'new\n');
  t.deepEqual(walk(open(tree)), ['.gitignore', 'out/kept']);
});

test('an edit of .gitignore during a run changes what is visible and the identity of the folder', (t) => {
  const root = makeCheckout(t, { '.gitignore': '', 'src/a.log': '' });
  const workspace = open(root);
  t.deepEqual(walk(workspace), ['.gitignore', 'src/a.log']);
  const before = workspace.identity('src' as WorkspacePath);
  writeFileSync(join(root, '.gitignore'), '*.log\n');
  t.deepEqual(walk(workspace), ['.gitignore']);
  t.not(workspace.identity('src' as WorkspacePath), before);
});

test('.layerignore takes away what git has and lets in what git ignores', (t) => {
  const root = makeCheckout(t, {
    '.gitignore': 'node_modules\nsecret\n',
    '.layerignore': '# comment\ndocs\n!docs/api\nsrc/*.md\n!node_modules/kept\n**/*.tmp\n',
    'docs/guide': '',
    'docs/api/index': '',
    'src/a.md': '',
    'src/sub/a.md': '',
    'src/x.tmp': '',
    'x.tmp': '',
    'node_modules/kept/index.js': '',
    'node_modules/other/index.js': '',
    secret: '',
  });
  t.deepEqual(walk(open(root)), [
    '.gitignore',
    '.layerignore',
    'docs/api/index',
    'node_modules/kept/index.js',
    'src/sub/a.md',
  ]);
});

test('.dockerignore counts only where there is no .layerignore', (t) => {
  const root = makeFolder(t, { '.dockerignore': 'a\n', a: '', b: '', 'sub/a': '' });
  const workspace = open(root);
  t.deepEqual(walk(workspace), ['.dockerignore', 'b', 'sub/a']);
  writeFiles(root, { '.layerignore': 'b\n' });
  t.deepEqual(walk(workspace), ['.dockerignore', '.layerignore', 'a', 'sub/a']);
});

const NAME = fc.constantFrom('a', 'b', 'c.log', 'd e', '\xe4', '[x]');
const PATTERN = fc.constantFrom(
  'a',
  '/a',
  'a/',
  '!a',
  '!a/',
  '*.log',
  '!c.log',
  'a/b',
  '!a/b',
  '**/b',
  'b/**',
  '!b/a',
  'd\\ e',
  '\\[x]',
  '?',
  '!/b',
  '*',
  '!*/',
  'a/*',
);

test('what is visible is what git would commit, whatever rules, folders and tracked files there are', (t) => {
  const path = fc.array(NAME, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const rules = fc.array(PATTERN, { maxLength: 4 }).map((lines) => lines.join('\n'));
  const folder = fc.constantFrom('', 'a/', 'b/', 'a/b/');
  const scene = fc.record({
    files: fc.array(path, { minLength: 1, maxLength: 8 }),
    rules: fc.dictionary(folder, rules, { maxKeys: 3 }),
    tracked: fc.array(fc.nat(7), { maxLength: 2 }),
  });
  const roots: string[] = [];
  t.teardown(() => roots.forEach((root) => rmSync(root, { recursive: true })));
  fc.assert(
    fc.property(scene, ({ files, rules: ignores, tracked }) => {
      const root = mkdtempSync(join(tmpdir(), 'layer-visibility-'));
      roots.push(root);
      git(root, 'init', '-q');
      const made = files.filter((file) => attempt(() => writeFiles(root, { [file]: '' })));
      for (const [at, text] of Object.entries(ignores)) attempt(() => writeFiles(root, { [`${at}.gitignore`]: text }));
      for (const index of tracked) {
        const file = made[index];
        if (file !== undefined) git(root, 'add', '-f', '--', `:(literal)${file}`);
      }
      t.deepEqual([...walk(open(root))].sort(), committable(root));
    }),
    { numRuns: 60 },
  );
});

function attempt(task: () => void): boolean {
  try {
    task();
    return true;
  } catch {
    return false;
  }
}
