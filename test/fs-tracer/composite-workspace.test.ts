import test from 'ava';

import { composeWorkspaces, digestObservation, type Workspace, type WorkspacePath } from '../../fs-tracer/index.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

const path = (text: string): WorkspacePath => text as WorkspacePath;

function composed(main: MemoryWorkspace, mounted: MemoryWorkspace): Workspace {
  return composeWorkspaces(main, new Map([[path('clone:h/o:n'), mounted]]));
}

const MOUNTED = MemoryWorkspace.of({ 'lib/a.js': 'mounted' }).makeLink('link', 'lib/a.js');

test('everything of a mounted workspace is found below its mount point', (t) => {
  const workspace = composed(MemoryWorkspace.of({ 'lib/a.js': 'main' }), MOUNTED);
  const below = (text: string): WorkspacePath => path(`clone:h/o:n${text}`);
  t.is(workspace.entry(below(''))?.type, 'folder');
  t.deepEqual(
    workspace.list(below(''))?.map(({ name }) => name),
    ['lib', 'link'],
  );
  t.is(workspace.read(below('/lib/a.js'), 0, 99)?.toString(), 'mounted');
  t.is(workspace.readLink(below('/link')), 'lib/a.js');
  t.is(workspace.digest(below('/lib/a.js')), MOUNTED.digest(path('lib/a.js')));
  t.is(workspace.identity(below('/lib/a.js')), MOUNTED.identity(path('lib/a.js')));
  t.is(workspace.entry(below('/gone')), null);
  t.is(workspace.read(path('lib/a.js'), 0, 99)?.toString(), 'main');
});

test('nobody who walks down from the root meets a mount, and a file of its reserved name is hidden', (t) => {
  const main = MemoryWorkspace.of({ a: '', 'clone:h/o:n/x': 'main', 'clone:h/other': '' });
  const workspace = composed(main, MOUNTED);
  t.deepEqual(
    workspace.list(path(''))?.map(({ name }) => name),
    ['a'],
  );
  for (const hidden of ['clone:h', 'clone:h/other', 'clone:h/o:n/x']) {
    t.is(workspace.entry(path(hidden)), null);
    t.is(workspace.list(path(hidden)), null);
    t.is(workspace.identity(path(hidden)), '');
    t.is(digestObservation(workspace, { path: path(hidden), kind: 'absent' }), 'absent');
  }
});

test('nothing mounted leaves the workspace itself', (t) => {
  t.is<Workspace, Workspace>(composeWorkspaces(MOUNTED, new Map()), MOUNTED);
});

test('a mount point has two components', (t) => {
  for (const wrong of ['', 'one', 'a/b/c']) {
    t.throws(() => composeWorkspaces(MOUNTED, new Map([[path(wrong), MOUNTED]])), { message: /Internal error/ });
  }
});
