import test from 'ava';

import { digestObservation, type ObservationKind, type WorkspacePath } from '../../fs-tracer/index.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

function digest(workspace: MemoryWorkspace, path: string, kind: ObservationKind): string {
  return digestObservation(workspace, { path: path as WorkspacePath, kind });
}

const KINDS: readonly ObservationKind[] = ['content', 'listing', 'stat', 'link', 'absent', 'exists'];

test('where nothing is, every kind says so', (t) => {
  t.deepEqual(
    KINDS.map((kind) => digest(new MemoryWorkspace(), 'missing', kind)),
    KINDS.map(() => 'absent'),
  );
});

test('what is there but of another type is named', (t) => {
  const workspace = MemoryWorkspace.of({ file: '', 'folder/a': '' }).makeLink('link', 'file').makeSpecial('pipe');
  t.is(digest(workspace, 'folder', 'content'), 'folder');
  t.is(digest(workspace, 'file', 'listing'), 'file');
  t.is(digest(workspace, 'file', 'link'), 'file');
  t.is(digest(workspace, 'file', 'absent'), 'present');
  t.is(digest(workspace, 'pipe', 'stat'), 'special');
  t.is(digest(workspace, 'link', 'exists'), 'symlink');
});

test('content tells bytes and exec bit, stat tells size and exec bit', (t) => {
  const plain = new MemoryWorkspace().write('a', 'one');
  const other = new MemoryWorkspace().write('a', 'two');
  const tool = new MemoryWorkspace().write('a', 'one', true);
  t.is(digest(plain, 'a', 'stat'), 'file 3');
  t.is(digest(other, 'a', 'stat'), 'file 3');
  t.is(digest(tool, 'a', 'stat'), 'file+x 3');
  t.not(digest(plain, 'a', 'content'), digest(other, 'a', 'content'));
  t.is(digest(tool, 'a', 'content'), `${digest(plain, 'a', 'content')}+x`);
});

test('listings differ by where one name ends and by the types', (t) => {
  const listings = [
    MemoryWorkspace.of({ ab: '', c: '' }),
    MemoryWorkspace.of({ a: '', bc: '' }),
    MemoryWorkspace.of({ a: '', 'bc/d': '' }),
    MemoryWorkspace.of({ a: '' }),
    new MemoryWorkspace(),
  ].map((workspace) => digest(workspace, '', 'listing'));
  t.is(new Set(listings).size, listings.length);
});

test('a listing does not depend on what the files hold', (t) => {
  t.is(
    digest(MemoryWorkspace.of({ a: 'one' }), '', 'listing'),
    digest(MemoryWorkspace.of({ a: 'two!' }), '', 'listing'),
  );
});

test('link targets are printable and differ where their bytes do', (t) => {
  const target = (text: string): string => digest(new MemoryWorkspace().makeLink('l', text), 'l', 'link');
  t.is(target('a b\n\xff%'), 'link:a%20b%0A%FF%25');
  t.not(target('%20'), target(' '));
});
