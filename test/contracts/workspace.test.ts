import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test from 'ava';

import {
  createMemoryDigestMemo,
  type GitCommit,
  openDirectoryWorkspace,
  openGitCommit,
  type Workspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { GitRepository } from '../helpers/git-repository.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

/** The same edits done to each kind of workspace. Paths are latin1. */
interface Rig {
  /** With all edits so far. */
  workspace(): Promise<Workspace>;
  write(path: string, text: string, executable?: boolean): void;
  link(path: string, target: string): void;
  /** Null where there are none. */
  readonly fifo: ((path: string) => void) | null;
  remove(path: string): void;
}

function memoryRig(): Rig {
  const workspace = new MemoryWorkspace();
  return {
    workspace: () => Promise.resolve(workspace),
    write: (path, text, executable) => void workspace.write(path, text, executable),
    link: (path, target) => void workspace.makeLink(path, target),
    fifo: (path) => void workspace.makeSpecial(path),
    remove: (path) => void workspace.remove(path),
  };
}

function directoryRig(cleanUp: (task: () => void) => void): Rig {
  const root = mkdtempSync(join(tmpdir(), 'layer-workspace-'));
  cleanUp(() => rmSync(root, { recursive: true }));
  const bytes = (path: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
  const prepare = (path: string): void => void mkdirSync(dirname(join(root, path)), { recursive: true });
  const workspace = openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo(), folderLifetimeMs: 0 });
  return {
    workspace: () => Promise.resolve(workspace),
    write: (path, text, executable) => {
      prepare(path);
      // Written aside and renamed, so that two writes within one clock tick still are two inodes.
      writeFileSync(`${root}.new`, text, { mode: executable === true ? 0o755 : 0o644 });
      renameSync(`${root}.new`, bytes(path));
    },
    link: (path, target) => symlinkSync(target, bytes(path)),
    fifo: (path) => void execFileSync('mkfifo', [join(root, path)]),
    remove: (path) => rmSync(bytes(path), { recursive: true }),
  };
}

/** Edits a checkout, and commits it when it is looked at: a commit has no edits. */
function gitRig(cleanUp: (task: () => void) => void): Rig {
  const repository = new GitRepository();
  const open = new Set<GitCommit>();
  cleanUp(() => {
    for (const commit of open) commit[Symbol.dispose]();
    repository[Symbol.dispose]();
  });
  const { folder } = repository;
  const bytes = (path: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
  return {
    async workspace() {
      repository.git('add', '--all');
      repository.git('commit', '--quiet', '--allow-empty', '-m', 'edited');
      const commit = await openGitCommit({
        repository: folder,
        commit: repository.git('rev-parse', 'HEAD'),
        digestMemo: createMemoryDigestMemo(),
        temporaryFolder: tmpdir(),
      });
      open.add(commit);
      return commit.workspace;
    },
    write: (path, text, executable) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(bytes(path), text, { mode: executable === true ? 0o755 : 0o644 });
    },
    link: (path, target) => symlinkSync(target, bytes(path)),
    fifo: null,
    remove: (path) => rmSync(bytes(path), { recursive: true }),
  };
}

const RIGS = { memory: memoryRig, directory: directoryRig, git: gitRig };

function path(text: string): WorkspacePath {
  return text as WorkspacePath;
}

for (const [kind, makeRig] of Object.entries(RIGS)) {
  const name = (title: string): string => `${kind} workspace: ${title}`;

  test(name('a file shows its type, exec bit, size, bytes and digest'), async (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('bin/tool', '#!/bin/sh\n', true);
    const workspace = await rig.workspace();
    t.deepEqual(workspace.entry(path('bin/tool')), { type: 'file', executable: true, sizeBytes: 10 });
    t.deepEqual(workspace.entry(path('bin')), { type: 'folder', executable: false, sizeBytes: 0 });
    t.is(workspace.read(path('bin/tool'), 3, 4)?.toString(), 'bin/');
    t.is(workspace.read(path('bin/tool'), 8, 100)?.toString(), 'h\n');
    t.is(workspace.read(path('bin/tool'), 50, 100)?.length, 0);
    t.is(workspace.digest(path('bin/tool')), createHash('sha256').update('#!/bin/sh\n').digest('hex'));
  });

  test(name('a listing is sorted by bytes and says each type'), async (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('b/inner', '');
    rig.write('B', '');
    rig.write('a b\n', '');
    rig.write('\xe9\xff', '');
    rig.link('l', 'B');
    rig.fifo?.('p');
    const workspace = await rig.workspace();
    t.deepEqual(workspace.list(path('')), [
      { name: 'B', type: 'file' },
      { name: 'a b\n', type: 'file' },
      { name: 'b', type: 'folder' },
      { name: 'l', type: 'symlink' },
      ...(rig.fifo === null ? [] : [{ name: 'p', type: 'special' as const }]),
      { name: '\xe9\xff', type: 'file' },
    ]);
    t.is(workspace.entry(path('\xe9\xff'))?.type, 'file');
    t.is(workspace.list(path('B')), null);
    t.is(workspace.list(path('l')), null);
  });

  test(name('what is missing, or lies below a file or a symlink, is absent'), async (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('folder/file', 'text');
    rig.link('link', 'folder');
    const workspace = await rig.workspace();
    for (const absent of ['missing', 'missing/deeper', 'folder/file/below', 'link/file']) {
      t.is(workspace.entry(path(absent)), null, absent);
      t.is(workspace.read(path(absent), 0, 10), null, absent);
      t.is(workspace.list(path(absent)), null, absent);
      t.is(workspace.digest(path(absent)), null, absent);
      t.is(workspace.identity(path(absent)), '', absent);
    }
  });

  test(name('a symlink gives its target and is never followed'), async (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.link('out', '/etc/passwd');
    const workspace = await rig.workspace();
    t.is(workspace.readLink(path('out')), '/etc/passwd');
    t.deepEqual(workspace.entry(path('out')), { type: 'symlink', executable: false, sizeBytes: 11 });
    t.is(workspace.read(path('out'), 0, 10), null);
    t.is(workspace.digest(path('out')), null);
  });

  const fifoTest = kind === 'git' ? test.skip : test;
  const why = kind === 'git' ? ' (skipped: a commit cannot hold one)' : '';
  fifoTest(name(`a FIFO is listed as special and reading it neither blocks nor works${why}`), async (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.fifo?.('pipe');
    const workspace = await rig.workspace();
    t.is(workspace.entry(path('pipe'))?.type, 'special');
    t.is(workspace.read(path('pipe'), 0, 10), null);
    t.is(workspace.digest(path('pipe')), null);
  });

  test(name('every edit changes the identity and nothing else does'), async (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('folder/file', 'one');
    const file = (await rig.workspace()).identity(path('folder/file'));
    t.is((await rig.workspace()).identity(path('folder/file')), file);
    rig.write('folder/file', 'two');
    t.not((await rig.workspace()).identity(path('folder/file')), file);
    rig.remove('folder/file');
    t.is((await rig.workspace()).identity(path('folder/file')), '');
    t.is((await rig.workspace()).entry(path('folder/file')), null);
  });
}
