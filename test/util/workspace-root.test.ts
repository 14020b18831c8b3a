import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { findWorkspaceRoot } from '../../util/workspace-root.ts';

test('the root is the nearest folder upwards with .git, folder or file, else the folder itself', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'layer-root-'));
  t.teardown(() => rmSync(base, { recursive: true }));
  mkdirSync(join(base, 'clone/.git'), { recursive: true });
  mkdirSync(join(base, 'clone/sub/deep'), { recursive: true });
  mkdirSync(join(base, 'clone/module/src'), { recursive: true });
  writeFileSync(join(base, 'clone/module/.git'), 'gitdir: elsewhere');
  t.is(findWorkspaceRoot(join(base, 'clone/sub/deep')), join(base, 'clone'));
  t.is(findWorkspaceRoot(join(base, 'clone/module/src')), join(base, 'clone/module'));
  t.is(findWorkspaceRoot(join(base, 'plain')), join(base, 'plain'));
});
