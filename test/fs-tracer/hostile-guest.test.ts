import { once } from 'node:events';

import test from 'ava';
import fc from 'fast-check';

import { createTracer, type Tracer, type WorkspacePath } from '../../fs-tracer/index.ts';
import { encodeRequest, FuseClient, readBody } from '../helpers/fuse-client.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

function start(): { readonly tracer: Tracer; readonly client: FuseClient } {
  const workspace = MemoryWorkspace.of({ 'src/main.c': 'text' }).makeLink('link', '/etc/passwd');
  const tracer = createTracer({ workspace, runStartedAtMs: 0, inherited: [] });
  tracer.addView([{ at: '', source: '' as WorkspacePath }]);
  return { tracer, client: new FuseClient(tracer) };
}

test('names that cannot be names get an errno and are not observed', async (t) => {
  const { tracer, client } = start();
  const { nodeId } = await client.walk('0');
  const errnos: Record<string, number> = {};
  for (const name of ['.', '..', '../etc', 'a/b', '/', '', 'x'.repeat(256)]) {
    errnos[name.slice(0, 6)] = (await client.request(1, nodeId, Buffer.from(`${name}\0`))).errno;
  }
  t.deepEqual(errnos, { '.': 22, '..': 22, '../etc': 22, 'a/b': 22, '/': 22, '': 22, xxxxxx: 36 });
  t.is((await client.request(1, nodeId, Buffer.from('no end'))).errno, 22);
  t.is((await client.request(1, nodeId, Buffer.from('a\0b\0'))).errno, 22);
  t.deepEqual(tracer.freezeStep().newObservations, []);
});

test('unknown nodes are stale for every operation that names one', async (t) => {
  const { client } = start();
  for (const nodeId of [0, 99, 2 ** 40]) {
    t.is((await client.request(1, nodeId, Buffer.from('a\0'))).errno, 116);
    t.is((await client.request(3, nodeId, Buffer.alloc(16))).errno, 116);
    t.is((await client.request(5, nodeId)).errno, 116);
    for (const opcode of [15, 28, 44]) t.is((await client.request(opcode, nodeId, readBody(0, 100))).errno, 116);
  }
});

test('an operation on the wrong type of node gets an errno', async (t) => {
  const { client } = start();
  const folder = await client.walk('0/src');
  const file = await client.walk('0/src/main.c');
  t.is((await client.request(15, folder.nodeId, readBody(0, 100))).errno, 21);
  t.is((await client.request(5, file.nodeId)).errno, 22);
  t.is((await client.request(28, file.nodeId, readBody(0, 100))).errno, 20);
  t.is((await client.request(1, file.nodeId, Buffer.from('a\0'))).errno, 20);
});

test('absurd offsets and sizes give errnos or nothing, never more than one read', async (t) => {
  const { client } = start();
  const file = await client.walk('0/src/main.c');
  const body = Buffer.alloc(40, 0xff);
  t.is((await client.request(15, file.nodeId, body)).errno, 22);
  t.is((await client.request(15, file.nodeId, readBody(0, 0xffffffff))).body.toString(), 'text');
  t.is((await client.request(15, file.nodeId, readBody(2 ** 52, 0xffffffff))).body.length, 0);
  t.is((await client.request(28, 1, readBody(2 ** 40, 4096))).body.length, 0);
  t.is((await client.request(15, file.nodeId, Buffer.alloc(3))).errno, 22);
});

test('a message of an absurd length ends the stream and makes the step unpublishable', async (t) => {
  for (const length of [0, 39, 2 ** 20 + 65537, 0xffffffff]) {
    const { tracer, client } = start();
    const message = Buffer.alloc(64);
    message.writeUInt32LE(length);
    client.stream.resume();
    const closed = once(client.stream, 'end');
    client.stream.write(message);
    await closed;
    t.regex(tracer.freezeStep().trouble ?? '', new RegExp(`message of ${length} bytes`));
  }
});

test('a guest that asks without reading the answers is not answered without end', async (t) => {
  const workspace = new MemoryWorkspace().write('big', Buffer.alloc(1 << 20));
  const tracer = createTracer({ workspace, runStartedAtMs: 0, inherited: [] });
  tracer.addView([{ at: '', source: '' as WorkspacePath }]);
  const client = new FuseClient(tracer);
  const { nodeId } = await client.walk('0/big');
  const request = encodeRequest(15, nodeId, readBody(0, 1 << 20));
  client.stream.write(Buffer.concat(Array.from({ length: 500 }, () => request)));
  await new Promise((resolve) => setImmediate(resolve));
  t.true((tracer.stats()['read'] ?? 0) < 5);
  t.false(tracer.idle());
  for (let left = 500; left > 0; left--) t.is((await client.receive()).length, 128 * 4096 + 16);
  await new Promise((resolve) => setImmediate(resolve));
  t.true(tracer.idle());
});

const OPCODES = [1, 2, 3, 5, 14, 15, 17, 22, 25, 26, 27, 28, 34, 38, 42, 44, 46];
const NO_REPLY = new Set([2, 36, 38, 41, 42]);

test('any request with any body gets exactly one well-formed reply, or none where none is due', async (t) => {
  const request = fc.record({
    opcode: fc.oneof(fc.constantFrom(...OPCODES), fc.nat(60), fc.nat()),
    nodeId: fc.oneof(fc.nat(8), fc.maxSafeNat()),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ maxLength: 20 }).map((name) => new Uint8Array(Buffer.from(`${name}\0`))),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 20 }), async (requests) => {
      const { tracer, client } = start();
      await client.walk('0/src/main.c');
      for (const [index, { opcode, nodeId, body }] of requests.entries()) {
        client.stream.write(encodeRequest(opcode, nodeId, Buffer.from(body), BigInt(index + 100)));
        if (NO_REPLY.has(opcode)) continue;
        const reply = await client.receive();
        t.is(reply.readBigUInt64LE(8), BigInt(index + 100));
        t.true(reply.readInt32LE(4) <= 0 && reply.readInt32LE(4) > -200);
        if (reply.readInt32LE(4) !== 0) t.is(reply.length, 16);
        t.false(reply.includes('root:'));
      }
      t.is(tracer.freezeStep().trouble, null);
    }),
    { numRuns: 150 },
  );
});

test('mutated bytes of honest requests never crash the tracer', async (t) => {
  const honest = Buffer.concat([
    encodeRequest(1, 1, Buffer.from('0\0')),
    encodeRequest(1, 2, Buffer.from('src\0')),
    encodeRequest(44, 2, readBody(0, 4096)),
    encodeRequest(15, 3, readBody(0, 4096)),
  ]);
  const mutation = fc.tuple(fc.nat(honest.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutation, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 100 }),
      async (mutations, cut) => {
        const bytes = Buffer.from(honest);
        for (const [offset, value] of mutations) bytes[offset] = value;
        const { tracer, client } = start();
        client.stream.resume();
        for (let offset = 0; offset < bytes.length; offset += cut)
          client.stream.write(bytes.subarray(offset, offset + cut));
        await new Promise((resolve) => setImmediate(resolve));
        t.notThrows(() => tracer.freezeStep());
        await tracer[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 150 },
  );
});
