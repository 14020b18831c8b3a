import test from 'ava';

import type { WorkspacePath } from '../../fs-tracer/index.ts';
import { ObservationLog } from '../../fs-tracer/observation-log.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

const limits = { paths: 3, nameBytes: 100 };

test('a guest that looks at paths without end is refused, and what was known stays known', (t) => {
  const log = new ObservationLog(new MemoryWorkspace(), [], limits);
  const look = (name: string): void => log.record(name as WorkspacePath, 'absent');
  for (const name of ['a', 'b', 'c', 'a']) look(name);
  t.throws(() => look('d'), {
    code: 'GUEST_PROTOCOL',
    message: 'The build looked at more than 3 paths of the workspace',
  });
  t.notThrows(() => look('b'));
  t.deepEqual(
    log.takeNew().map(({ path }) => path as string),
    ['a', 'b', 'c'],
  );
});

test('long names count by their bytes', (t) => {
  const log = new ObservationLog(new MemoryWorkspace(), [], limits);
  log.record('x'.repeat(60) as WorkspacePath, 'absent');
  t.throws(() => log.record('y'.repeat(60) as WorkspacePath, 'absent'), { code: 'GUEST_PROTOCOL' });
});
