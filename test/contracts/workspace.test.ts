import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test from 'ava';

import {
  createMemoryDigestMemo,
  openDirectoryWorkspace,
  type Workspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

/** The same edits done to either kind of workspace. Paths are latin1. */
interface Rig {
  readonly workspace: Workspace;
  write(path: string, text: string, executable?: boolean): void;
  link(path: string, target: string): void;
  fifo(path: string): void;
  remove(path: string): void;
}

function memoryRig(): Rig {
  const workspace = new MemoryWorkspace();
  return {
    workspace,
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
  return {
    workspace: openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo(), folderLifetimeMs: 0 }),
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

const RIGS = { memory: memoryRig, directory: directoryRig };

function path(text: string): WorkspacePath {
  return text as WorkspacePath;
}

for (const [kind, makeRig] of Object.entries(RIGS)) {
  const name = (title: string): string => `${kind} workspace: ${title}`;

  test(name('a file shows its type, exec bit, size, bytes and digest'), (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('bin/tool', '#!/bin/sh\n', true);
    t.deepEqual(rig.workspace.entry(path('bin/tool')), { type: 'file', executable: true, sizeBytes: 10 });
    t.deepEqual(rig.workspace.entry(path('bin')), { type: 'folder', executable: false, sizeBytes: 0 });
    t.is(rig.workspace.read(path('bin/tool'), 3, 4)?.toString(), 'bin/');
    t.is(rig.workspace.read(path('bin/tool'), 8, 100)?.toString(), 'h\n');
    t.is(rig.workspace.read(path('bin/tool'), 50, 100)?.length, 0);
    t.is(rig.workspace.digest(path('bin/tool')), createHash('sha256').update('#!/bin/sh\n').digest('hex'));
  });

  test(name('a listing is sorted by bytes and says each type'), (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('b/inner', '');
    rig.write('B', '');
    rig.write('a b\n', '');
    rig.write('\xe9\xff', '');
    rig.link('l', 'B');
    rig.fifo('p');
    t.deepEqual(rig.workspace.list(path('')), [
      { name: 'B', type: 'file' },
      { name: 'a b\n', type: 'file' },
      { name: 'b', type: 'folder' },
      { name: 'l', type: 'symlink' },
      { name: 'p', type: 'special' },
      { name: '\xe9\xff', type: 'file' },
    ]);
    t.is(rig.workspace.entry(path('\xe9\xff'))?.type, 'file');
    t.is(rig.workspace.list(path('B')), null);
    t.is(rig.workspace.list(path('l')), null);
  });

  test(name('what is missing, or lies below a file or a symlink, is absent'), (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('folder/file', 'text');
    rig.link('link', 'folder');
    for (const absent of ['missing', 'missing/deeper', 'folder/file/below', 'link/file']) {
      t.is(rig.workspace.entry(path(absent)), null, absent);
      t.is(rig.workspace.read(path(absent), 0, 10), null, absent);
      t.is(rig.workspace.list(path(absent)), null, absent);
      t.is(rig.workspace.digest(path(absent)), null, absent);
      t.is(rig.workspace.identity(path(absent)), '', absent);
    }
  });

  test(name('a symlink gives its target and is never followed'), (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.link('out', '/etc/passwd');
    t.is(rig.workspace.readLink(path('out')), '/etc/passwd');
    t.deepEqual(rig.workspace.entry(path('out')), { type: 'symlink', executable: false, sizeBytes: 11 });
    t.is(rig.workspace.read(path('out'), 0, 10), null);
    t.is(rig.workspace.digest(path('out')), null);
  });

  test(name('a FIFO is listed as special and reading it neither blocks nor works'), (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.fifo('pipe');
    t.is(rig.workspace.entry(path('pipe'))?.type, 'special');
    t.is(rig.workspace.read(path('pipe'), 0, 10), null);
    t.is(rig.workspace.digest(path('pipe')), null);
  });

  test(name('every edit changes the identity and nothing else does'), (t) => {
    const rig = makeRig((task) => t.teardown(task));
    rig.write('folder/file', 'one');
    const file = rig.workspace.identity(path('folder/file'));
    t.is(rig.workspace.identity(path('folder/file')), file);
    rig.write('folder/file', 'two');
    t.not(rig.workspace.identity(path('folder/file')), file);
    rig.remove('folder/file');
    t.is(rig.workspace.identity(path('folder/file')), '');
    t.is(rig.workspace.entry(path('folder/file')), null);
  });
}
