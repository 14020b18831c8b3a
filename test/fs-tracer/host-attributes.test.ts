import test from 'ava';

import { createTracer, type HostAttributes, type WorkspacePath } from '../../fs-tracer/index.ts';
import { FuseClient } from '../helpers/fuse-client.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

const ATTRIBUTES: HostAttributes = {
  inode: 2n ** 60n + 7n,
  user: 1000,
  group: 100,
  permissions: 0o640,
  modifiedAtNs: 1_700_000_000_123_456_789n,
  changedAtNs: -1n,
};

async function answered(hostAttributes: HostAttributes | null): Promise<Buffer> {
  const tracer = createTracer({
    workspace: MemoryWorkspace.of({ file: 'text' }),
    runStartedAtMs: 1000,
    inherited: [],
    hostAttributesOf: (path) => (path === 'file' ? hostAttributes : null),
  });
  tracer.addView([{ at: '', source: '' as WorkspacePath }]);
  const client = new FuseClient(tracer);
  const { nodeId } = await client.walk('0/file');
  return (await client.request(3, nodeId, Buffer.alloc(16))).body.subarray(16);
}

test('on the host a file has the times, owner, mode and inode number that it has there', async (t) => {
  const attributes = await answered(ATTRIBUTES);
  t.is(attributes.readBigUInt64LE(0), ATTRIBUTES.inode);
  t.is(attributes.readBigUInt64LE(8), 4n);
  t.deepEqual([attributes.readBigInt64LE(32), attributes.readUInt32LE(52)], [1_700_000_000n, 123_456_789]);
  t.deepEqual([attributes.readBigInt64LE(40), attributes.readUInt32LE(56)], [-1n, 999_999_999]);
  t.is(attributes.readUInt32LE(60), 0o100640);
  t.deepEqual([attributes.readUInt32LE(68), attributes.readUInt32LE(72)], [1000, 100]);
});

test('a file that vanished from the host looks as in a guest', async (t) => {
  const attributes = await answered(null);
  t.is(attributes.readUInt32LE(60), 0o100664);
  t.deepEqual([attributes.readUInt32LE(68), attributes.readUInt32LE(72)], [0, 0]);
});
