import test from 'ava';
import fc from 'fast-check';

import { FrameSplitter } from '../../fs-tracer/frame-splitter.ts';
import { encodeRequest } from '../helpers/fuse-client.ts';

function drain(splitter: FrameSplitter): Buffer[] {
  const messages: Buffer[] = [];
  for (let message = splitter.next(); message !== null; message = splitter.next()) messages.push(message);
  return messages;
}

test('messages come out whole however the stream is cut', (t) => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(bodies, cuts, (contents, sizes) => {
      const sent = contents.map((body, index) => encodeRequest(index, index, Buffer.from(body)));
      const stream = Buffer.concat(sent);
      const splitter = new FrameSplitter();
      const received: Buffer[] = [];
      for (let offset = 0, turn = 0; offset < stream.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        splitter.push(stream.subarray(offset, offset + size));
        received.push(...drain(splitter));
        offset += size;
      }
      t.deepEqual(received, sent);
      t.true(splitter.empty);
    }),
  );
});

test('a part of a message waits for the rest', (t) => {
  const splitter = new FrameSplitter();
  const message = encodeRequest(1, 1, Buffer.from('name\0'));
  splitter.push(message.subarray(0, 3));
  t.is(splitter.next(), null);
  t.false(splitter.empty);
  splitter.push(message.subarray(3));
  t.deepEqual(splitter.next(), message);
});

test('lengths that no message can have are refused before anything is kept', (t) => {
  for (const length of [0, 39, 2 ** 20 + 2 ** 16 + 1, 2 ** 32 - 1]) {
    const splitter = new FrameSplitter();
    const start = Buffer.alloc(4);
    start.writeUInt32LE(length);
    splitter.push(start);
    t.throws(() => splitter.next(), { code: 'GUEST_PROTOCOL' });
  }
});

test('the longest message may come byte by byte without a buffer for each', (t) => {
  const splitter = new FrameSplitter();
  const message = encodeRequest(16, 1, Buffer.alloc(1 << 20, 'x'));
  globalThis.gc?.();
  const before = process.memoryUsage();
  for (let offset = 0; offset < message.length - 1; offset++) {
    splitter.push(Buffer.from(message.subarray(offset, offset + 1)));
    if (splitter.next() !== null) t.fail('a message that is not whole');
  }
  const { heapUsed, external } = process.memoryUsage();
  t.true(heapUsed + external - before.heapUsed - before.external < 64 << 20);
  splitter.push(message.subarray(-1));
  t.true(splitter.next()?.equals(message));
  t.true(splitter.empty);
});
