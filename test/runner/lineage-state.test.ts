import test from 'ava';

import { decodePayload, encodePayload, identityIn, NEW_LINEAGE, snapshotsOf } from '../../runner/lineage-state.ts';
import type { JsonValue, SnapshotId } from '../../snapshots/index.ts';
import type { MachineState } from '../../vm/index.ts';

const STATES: readonly MachineState[] = [
  {
    format: 'private',
    memoryBase: '/s/one/memory.base',
    memoryDeltas: ['/s/two/memory.delta'],
    deviceState: '/s/two/device.state',
    disk: '/s/two/disk.qcow2',
  },
  { format: 'stream', stream: '/s/two/machine.stream', disk: '/s/two/disk.qcow2' },
  { format: 'mapped-ram', stream: '/s/two/machine.stream', disk: '/s/two/disk.qcow2' },
];

for (const state of STATES)
  test(`a state of the format ${state.format} comes back, also where the folder of all snapshots was moved`, (t) => {
    const payload = encodePayload('/s', NEW_LINEAGE, state);
    t.deepEqual(decodePayload('/s', payload), { lineage: NEW_LINEAGE, machine: state });
    t.is(decodePayload('/moved', payload).machine.disk, '/moved/two/disk.qcow2');
    t.deepEqual(snapshotsOf('/s', state, 'two' as SnapshotId), state.format === 'private' ? ['one'] : []);
  });

test('a payload of another version is refused, and says nothing of its machine', (t) => {
  const payload = encodePayload('/s', NEW_LINEAGE, STATES[0]!, { qemu: '7.2' }) as Readonly<Record<string, JsonValue>>;
  t.deepEqual(identityIn(payload), { qemu: '7.2' });
  for (const version of [2, 4]) {
    const other = { ...payload, version };
    t.throws(() => decodePayload('/s', other), { code: 'SNAPSHOT_DAMAGED' });
    t.is(identityIn(other), null);
  }
  t.is(identityIn(null), null);
  t.is(identityIn(encodePayload('/s', NEW_LINEAGE, STATES[0]!)), null);
});
