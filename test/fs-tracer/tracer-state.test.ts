import test from 'ava';
import fc from 'fast-check';

import { inodeOf, NodeTable } from '../../fs-tracer/node-table.ts';
import { decodeTracerState, encodeTracerState } from '../../fs-tracer/tracer-state.ts';
import type { WorkspacePath } from '../../fs-tracer/index.ts';

const NAME = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'b', '\xff', '\n', '-') });
const PATH = fc.array(NAME, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const TYPE = fc.constantFrom('file' as const, 'folder' as const, 'symlink' as const);

test('views and nodes come back as they were saved', (t) => {
  const mapping = fc.record({ at: PATH, source: PATH.map((path) => path as WorkspacePath) });
  fc.assert(
    fc.property(fc.array(fc.array(mapping, { maxLength: 3 })), fc.array(fc.tuple(PATH, TYPE)), (views, seen) => {
      const nodes = NodeTable.create(1000);
      for (const [path, type] of seen) nodes.nodeFor(path, type, 2000);
      const restored = decodeTracerState(encodeTracerState({ views, nodes }));
      t.deepEqual(restored.views, views);
      t.deepEqual(restored.nodes.records(), nodes.records());
      t.is(restored.nodes.nextId, nodes.nextId);
      for (const [path] of seen) t.is(restored.nodes.at(path)?.id, nodes.at(path)?.id);
    }),
  );
});

test('any damage to a saved state is refused or harmless, never a crash', (t) => {
  const nodes = NodeTable.create(0);
  nodes.nodeFor('0', 'folder', 0);
  nodes.nodeFor('0/file', 'file', 0);
  const state = encodeTracerState({ views: [[{ at: '', source: '' as WorkspacePath }]], nodes });
  fc.assert(
    fc.property(fc.nat(state.length - 1), fc.nat(255), (offset, value) => {
      const damaged = Buffer.from(state);
      damaged[offset] = value;
      try {
        t.truthy(decodeTracerState(damaged).nodes);
      } catch (error) {
        t.is((error as { code?: string }).code, 'SNAPSHOT_DAMAGED');
      }
    }),
  );
});

test('ids are never given twice, not even when a path changes its type back and forth', (t) => {
  const nodes = NodeTable.create(0);
  const first = nodes.nodeFor('0/a', 'file', 0);
  const second = nodes.nodeFor('0/a', 'folder', 0);
  const third = nodes.nodeFor('0/a', 'file', 0);
  t.is(new Set([first.id, second.id, third.id]).size, 3);
  t.deepEqual(
    [first, second, third].map((node) => nodes.isCurrent(node)),
    [false, false, true],
  );
});

test('inode numbers depend on the path alone and are exact numbers', (t) => {
  t.is(inodeOf('0/src/main.c'), inodeOf('0/src/main.c'));
  t.not(inodeOf('0/a'), inodeOf('0/b'));
  fc.assert(fc.property(PATH, (path) => t.true(Number.isSafeInteger(inodeOf(path)) && inodeOf(path) > 1)));
});
