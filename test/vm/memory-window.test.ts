import test from 'ava';
import fc from 'fast-check';

import { MemoryWindow, type WindowMemory } from '../../vm/memory-window.ts';

const MEMORY_BYTES = 12 << 20;
const ADDRESS = 8 << 20;
/** Of the second piece: not behind the first one. */
const SECOND = 4 << 20;
const PIECE_BYTES = 2 << 20;
const WINDOW_BYTES = 2 * PIECE_BYTES;

/** Memory of a guest that has a window at ADDRESS, and what its helper does there (vm/guest/window.c). */
class GuestMemory implements WindowMemory {
  readonly bytes = MEMORY_BYTES;
  readonly all = Buffer.alloc(MEMORY_BYTES);

  constructor(taken = 0n) {
    this.all.write('layer window 2\n\0', ADDRESS, 'latin1');
    this.all.writeBigUInt64LE(BigInt(ADDRESS), ADDRESS + 16);
    this.all.writeBigUInt64LE(BigInt(SECOND), ADDRESS + 24);
    this.say(taken);
  }

  say(taken: bigint): void {
    this.all.writeBigUInt64LE(taken, ADDRESS + 32);
  }

  readAt(offset: number, into: Buffer): void {
    this.all.copy(into, 0, offset);
  }

  writeAt(offset: number, bytes: Buffer): void {
    bytes.copy(this.all, offset);
  }

  /** The window as the helper has it: one piece behind the other. */
  seen(): Buffer {
    return Buffer.concat([ADDRESS, SECOND].map((piece) => this.all.subarray(piece, piece + PIECE_BYTES)));
  }

  /** The message that came, wherever it lies. */
  take(sent: Buffer): Buffer {
    if (sent.readUInt32LE(0) !== 40 || sent.readInt32LE(4) !== 0x4c5a) return sent;
    const at = Number(sent.readBigUInt64LE(16));
    const message = Buffer.from(this.seen().subarray(at, at + Number(sent.readBigUInt64LE(24))));
    this.say(sent.readBigUInt64LE(32));
    return message;
  }
}

function messageOf(bytes: number, seed: number): Buffer {
  const message = Buffer.alloc(bytes, seed % 251);
  message.writeUInt32LE(bytes, 0);
  return message;
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(Buffer.alloc(bytes.length));
}

const sizes = fc.oneof(fc.integer({ min: 16, max: 5000 }), fc.integer({ min: 16, max: WINDOW_BYTES + 10 }));

test('messages of any size arrive whole and in order, however late the guest takes them', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(sizes, fc.nat(4)), { maxLength: 40 }), (steps) => {
      const memory = new GuestMemory(7n);
      const window = MemoryWindow.open(memory, ADDRESS);
      const waiting: { readonly sent: Buffer; readonly message: Buffer }[] = [];
      const takeSome = (count: number): void => {
        for (const { sent, message } of waiting.splice(0, count)) t.true(memory.take(sent).equals(message));
      };
      for (const [index, [bytes, taken]] of steps.entries()) {
        const message = messageOf(bytes, index);
        waiting.push({ sent: window!.shorten(message), message });
        takeSome(taken);
      }
      takeSome(waiting.length);
      window!.clear();
      t.true(isZero(memory.seen().subarray(4096)));
    }),
    { numRuns: 40 },
  );
});

test('a long message goes through memory, a short one and one that finds no room through the port', (t) => {
  const window = MemoryWindow.open(new GuestMemory(), ADDRESS);
  const [short, long] = [messageOf(200, 1), messageOf(2 << 20, 2)];
  t.is(window!.shorten(short), short);
  t.is(window!.shorten(long).length, 40);
  t.is(window!.shorten(long), long, 'the first one has not been taken');
});

test('a guest that says it took more than was sent gets long messages through the port', (t) => {
  const memory = new GuestMemory();
  const window = MemoryWindow.open(memory, ADDRESS);
  const message = messageOf(1_200_000, 3);
  for (let count = 0; count < 3; count++) t.is(window!.shorten(message).length, 40);
  memory.say(1n << 60n);
  t.is(window!.shorten(message), message);
  t.true(isZero(memory.all.subarray(0, SECOND)));
  t.true(isZero(memory.all.subarray(SECOND + PIECE_BYTES, ADDRESS)));
});

test('no window is found where none lies, or only part of one', (t) => {
  const memory = new GuestMemory();
  for (const address of [0, 4096, SECOND, ADDRESS + 4096, MEMORY_BYTES - 4096, MEMORY_BYTES, 2 ** 40, Number.NaN])
    t.is(MemoryWindow.open(memory, address), null);
  memory.say(2n ** 60n);
  t.is(MemoryWindow.open(memory, ADDRESS), null, 'no machine has taken so much');
  memory.say(0n);
  t.not(MemoryWindow.open(memory, ADDRESS), null);
  memory.all.writeBigUInt64LE(BigInt(MEMORY_BYTES - 4096), ADDRESS + 24);
  t.is(MemoryWindow.open(memory, ADDRESS), null, 'its second piece is not all there');
  memory.all.writeBigUInt64LE(12n, ADDRESS + 16);
  t.is(MemoryWindow.open(memory, ADDRESS), null, 'it names another place');
});

test('what is longer than a page begins so that its pages are pages of the window, and one piece is enough for it', (t) => {
  const memory = new GuestMemory();
  memory.all.writeBigUInt64LE(0n, ADDRESS + 24);
  const window = MemoryWindow.open(memory, ADDRESS);
  for (const [index, bytes] of [1500, 400_016, 1200, 400_016, 8192, 400_016, 400_016, 400_016].entries()) {
    const message = messageOf(bytes, index);
    const sent = window!.shorten(message);
    t.is(sent.length, 40);
    if (bytes >= 8192) t.is((Number(sent.readBigUInt64LE(16)) + 16) % 4096, 0);
    t.true(memory.take(sent).equals(message));
  }
  t.true(isZero(memory.all.subarray(SECOND, SECOND + PIECE_BYTES)));
});
