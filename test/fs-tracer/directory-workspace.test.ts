import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import {
  createMemoryDigestMemo,
  openDirectoryWorkspace,
  type WorkspaceEntry,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';

const digestMemo = createMemoryDigestMemo();

test('a root that is no folder is refused by name', (t) => {
  t.throws(() => openDirectoryWorkspace({ root: '/proc/self/missing', digestMemo }), { code: 'WORKSPACE_UNREADABLE' });
});

test('what a folder led to when it was swapped with a symlink to outside is never read', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'layer-swap-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const root = join(folder, 'workspace');
  // The other one's name begins as the root's does.
  const outside = join(folder, 'workspace-outside');
  for (const place of [join(root, 'swap'), outside]) {
    mkdirSync(join(place, 'sub'), { recursive: true });
    writeFileSync(join(place, 'file'), `of ${place}`);
    symlinkSync(place, join(place, 'link'));
  }
  const workspace = openDirectoryWorkspace({ root, digestMemo, folderLifetimeMs: 60_000 });
  const look = (): readonly unknown[] => [
    workspace.read('swap/file' as WorkspacePath, 0, 100)?.toString(),
    workspace.digest('swap/file' as WorkspacePath)?.length,
    workspace.readLink('swap/link' as WorkspacePath),
    workspace.list('swap' as WorkspacePath)?.length,
    workspace.list('swap/sub' as WorkspacePath)?.length,
  ];
  const inside = [`of ${root}/swap`, 64, `${root}/swap`, 3, 0];
  t.deepEqual(look(), inside);
  renameSync(join(root, 'swap'), join(root, 'real'));
  symlinkSync(outside, join(root, 'swap'));
  t.deepEqual(look(), [undefined, undefined, null, undefined, undefined]);
  rmSync(join(root, 'swap'));
  renameSync(join(root, 'real'), join(root, 'swap'));
  t.deepEqual(look(), inside);
});

test('what is held is digested and read as one, and looked at again only with a new look', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'layer-held-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const path = 'file' as WorkspacePath;
  const workspace = openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo() });
  const look = (found: WorkspaceEntry): readonly unknown[] => [
    workspace.read(path, 0, 100, found)?.toString(),
    workspace.digest(path, found)?.slice(0, 8),
    workspace.read(path, 1, 1, found)?.toString(),
  ];
  const hold = (): WorkspaceEntry => {
    const found = workspace.entry(path);
    if (found === null) throw new Error('no entry');
    workspace.hold?.(path, found);
    return found;
  };
  writeFileSync(join(root, path), 'one');
  const first = hold();
  // Within a tick of the clock, and as long: nothing but the bytes tells the two apart.
  writeFileSync(join(root, path), 'two');
  t.deepEqual(look(first), ['one', '7692c3ad', 'n']);
  t.deepEqual(look(hold()), ['two', '3fc4ccfe', 'w']);
});
