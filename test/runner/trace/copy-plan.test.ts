import test from 'ava';

import { digestObservation, type ObservationKind, type WorkspacePath } from '../../../fs-tracer/index.ts';
import { type CopyPlan, planCopies } from '../../../runner/trace/copy-plan.ts';
import { MemoryWorkspace } from '../../helpers/memory-workspace.ts';

interface Given {
  readonly workspace: MemoryWorkspace;
  /** `kind path`. */
  readonly seen: readonly string[];
  /** What a push would bring, where that is less. */
  readonly pushed?: MemoryWorkspace;
  readonly folder?: string;
}

function plan({ workspace, seen, pushed = workspace, folder = '' }: Given): CopyPlan {
  const observations = seen.map((text) => {
    const blank = text.indexOf(' ');
    const path = text.slice(blank + 1) as WorkspacePath;
    const kind = text.slice(0, blank) as ObservationKind;
    const ignored = kind !== 'absent' && pushed.entry(path) === null;
    return { path, kind, ignored, digest: digestObservation(workspace, { path, kind }) };
  });
  return planCopies({ observations, workspace, pushed, folder: folder as WorkspacePath });
}

function files(planned: CopyPlan): readonly string[] {
  return planned.files.flatMap(({ paths }) => paths);
}

test('files that were read are copied, and no others', (t) => {
  const workspace = MemoryWorkspace.of({ Makefile: '', 'src/a.c': '', 'src/b.c': '', README: '' });
  const planned = plan({ workspace, seen: ['content Makefile', 'content src/a.c', 'exists src'] });
  t.deepEqual(planned.files, [
    { folder: '' as WorkspacePath, paths: ['Makefile' as WorkspacePath] },
    { folder: 'src' as WorkspacePath, paths: ['src/a.c' as WorkspacePath] },
  ]);
  t.deepEqual([planned.folders, planned.names, planned.emptyFolders], [[], [], []]);
});

test('a folder of which every file is needed is copied as a whole', (t) => {
  const workspace = MemoryWorkspace.of({ 'src/a.c': '', 'src/in/b.c': '', other: '' });
  const planned = plan({ workspace, seen: ['content src/a.c', 'stat src/in/b.c'] });
  t.deepEqual([planned.folders, files(planned), planned.emptyFolders], [['src'], [], []] as unknown);
});

test('a workspace of which every file is needed is copied as a whole', (t) => {
  const workspace = MemoryWorkspace.of({ a: '', 'b/c': '' });
  t.deepEqual(plan({ workspace, seen: ['listing ', 'content a', 'content b/c'] }).folders, [''] as unknown);
});

test('a listed folder shows the same names, for which no content is copied', (t) => {
  const workspace = MemoryWorkspace.of({ Makefile: '', README: '', 'docs/x': '' }).makeLink('l', 'README');
  const planned = plan({ workspace, seen: ['listing ', 'content Makefile'] });
  t.deepEqual(files(planned), ['Makefile']);
  t.deepEqual(planned.names, ['README'] as unknown);
  t.deepEqual(planned.emptyFolders, ['docs'] as unknown);
  t.deepEqual(planned.links, [{ path: 'l', target: 'README' }] as unknown);
});

test('a folder that holds something copied need not be made', (t) => {
  const workspace = MemoryWorkspace.of({ 'a/b/c': '', 'd/e': '' });
  const planned = plan({ workspace, seen: ['exists a', 'exists a/b', 'listing a/b', 'exists d'] });
  t.deepEqual([planned.names, planned.emptyFolders], [['a/b/c'], ['d']] as unknown);
});

test('a file that was found and no more is a name, and one that was also read is a file', (t) => {
  const workspace = MemoryWorkspace.of({ a: '', b: '', c: '' });
  const planned = plan({ workspace, seen: ['exists a', 'content b', 'exists b'] });
  t.deepEqual([planned.names, files(planned)], [['a'], ['b']] as unknown);
});

test('what is ignored is told by its topmost folder, and a listing is without it', (t) => {
  const workspace = MemoryWorkspace.of({ a: '', 'node_modules/x/1.js': '', 'node_modules/y/2.js': '', log: '' });
  const pushed = MemoryWorkspace.of({ a: '' });
  const planned = plan({
    workspace,
    pushed,
    seen: ['listing ', 'content node_modules/x/1.js', 'listing node_modules', 'stat log'],
  });
  t.deepEqual(planned.ignored, ['log', 'node_modules'] as unknown);
  t.deepEqual([planned.names, planned.folders, planned.emptyFolders], [['a'], [], []] as unknown);
});

test('a folder with an ignored file in it is not copied as a whole', (t) => {
  const workspace = MemoryWorkspace.of({ 'src/a.c': '', 'src/a.o': '' });
  const planned = plan({
    workspace,
    pushed: MemoryWorkspace.of({ 'src/a.c': '' }),
    seen: ['listing src', 'content src/a.c'],
  });
  t.deepEqual([planned.folders, files(planned)], [[], ['src/a.c']] as unknown);
});

test('absent names are told, special files too, and the folder that the command starts in exists', (t) => {
  const workspace = MemoryWorkspace.of({ 'web/app/x': '' }).makeSpecial('socket');
  const planned = plan({ workspace, folder: 'web/app', seen: ['absent web/app/.env', 'exists socket'] });
  t.deepEqual(planned.absent, ['web/app/.env'] as unknown);
  t.deepEqual(planned.specials, ['socket'] as unknown);
  t.deepEqual(planned.emptyFolders, ['web/app'] as unknown);
});
