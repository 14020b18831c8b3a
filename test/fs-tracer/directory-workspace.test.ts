import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { createMemoryDigestMemo, openDirectoryWorkspace, type WorkspacePath } from '../../fs-tracer/index.ts';

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
