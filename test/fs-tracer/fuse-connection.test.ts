import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

import test from 'ava';

import { FuseConnection } from '../../fs-tracer/fuse-connection.ts';
import { encodeRequest } from '../helpers/fuse-client.ts';

/** Counts how replies are written: how many with each call. */
class CountedStream extends Duplex {
  readonly writes: number[] = [];

  override _read(): void {
    // All is pushed by the test.
  }

  override _write(_bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(1);
    done();
  }

  override _writev(chunks: readonly unknown[], done: () => void): void {
    this.writes.push(chunks.length);
    done();
  }
}

test('replies to requests that came together are written together, but none waits for more than a few', async (t) => {
  const stream = new CountedStream();
  const connection = new FuseConnection({
    stream,
    handle: (message) => message.subarray(0, 16),
    onTrouble: (error) => t.fail(String(error)),
  });
  await nextTurn();
  const request = encodeRequest(3, 1, Buffer.alloc(16));
  stream.push(request);
  t.deepEqual(stream.writes, [1]);
  stream.push(Buffer.concat(Array.from({ length: 40 }, () => request)));
  t.deepEqual(stream.writes, [1, 16, 16, 8]);
  t.true(connection.idle);
});
