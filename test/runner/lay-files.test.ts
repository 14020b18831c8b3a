import test from 'ava';

import type { WorkspacePath } from '../../fs-tracer/index.ts';
import type { CopySource } from '../../runner/copy-sources.ts';
import { placeSources } from '../../runner/instructions/lay-files.ts';
import type { GuestPlace } from '../../runner/instructions/environment.ts';

function file(path: string): CopySource {
  return { path: path as WorkspacePath, type: 'file' };
}

const from = (workingDirectory: string): GuestPlace => ({ workingDirectory, home: '/root' });

function folder(path: string): CopySource {
  return { path: path as WorkspacePath, type: 'folder' };
}

test("a folder's contents appear in the destination", (t) => {
  t.deepEqual(placeSources([folder('src')], from('/root'), 'app') as unknown, {
    target: '/root/app',
    mappings: [{ at: '', source: 'src' }],
  });
});

test('a file appears as the destination', (t) => {
  t.deepEqual(placeSources([file('conf/a.ini')], from('/app'), 'etc/b.ini') as unknown, {
    target: '/app/etc',
    mappings: [{ at: 'b.ini', source: 'conf/a.ini' }],
  });
});

for (const destination of ['etc/', '/app/etc/', './etc/.', 'x/../etc/']) {
  test(`a file appears in the destination ${destination}, which names a folder`, (t) => {
    t.deepEqual(placeSources([file('conf/a.ini')], from('/app'), destination) as unknown, {
      target: '/app/etc',
      mappings: [{ at: 'a.ini', source: 'conf/a.ini' }],
    });
  });
}

test('`.` and `~` are folders', (t) => {
  t.is(placeSources([file('a')], from('/app'), '.').target, '/app');
  t.is(placeSources([file('a')], from('/app'), '~').target, '/root');
});

test('several sources appear in the destination, each under its name', (t) => {
  t.deepEqual(placeSources([file('a/x'), folder('b'), file('c/y')], from('/'), 'app/') as unknown, {
    target: '/app',
    mappings: [
      { at: 'x', source: 'a/x' },
      { at: '', source: 'b' },
      { at: 'y', source: 'c/y' },
    ],
  });
});

test('a file can become one of the root folder', (t) => {
  t.deepEqual(placeSources([file('a')], from('/app'), '/b') as unknown, {
    target: '/',
    mappings: [{ at: 'b', source: 'a' }],
  });
});
