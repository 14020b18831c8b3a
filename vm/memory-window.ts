import { PAGE_BYTES } from './memory-delta.ts';
import type { ProcessMemory } from './process-memory.ts';

/*
 * The host's side of vm/guest/window.c, which gives the layout. What a message looks like is fs-tracer's business; here only
 * the header that Linux defines for all of them (include/uapi/linux/fuse.h, struct fuse_out_header: u32 bytes, i32 error,
 * u64 unique) is made for the one kind of message that is ours.
 */
const MAGIC = Buffer.from('layer window 2\n\0', 'latin1');
const ADDRESSES_AT = [16, 24];
const TAKEN_AT = 32;
const HEADER_BYTES = 40;
const DATA_START = PAGE_BYTES;
const PIECE_BYTES = 2 << 20;
const POINTER_BYTES = 40;
/** Of any message (struct fuse_out_header). */
const MESSAGE_HEADER_BYTES = 16;
const LAYER_WINDOW = 0x4c5a;
/** Bytes that no machine takes in its life; beyond 2^53 places would be inexact, and might lie outside of the ring. */
const MOST_TAKEN = 2 ** 52;
/** Shorter ones are as fast through the port. */
const LONG_BYTES = 1024;
/** QEMU's microvm has RAM up to here and goes on at 4 GiB (hw/i386/microvm.c). Checked by what lies there. */
const LOW_MEMORY_BYTES = 3 * 2 ** 30;
const HIGH_MEMORY_START = 4 * 2 ** 30;

/** What a window needs of the guest's memory. */
export type WindowMemory = Pick<ProcessMemory, 'bytes' | 'readAt' | 'writeAt'>;

/**
 * A ring of messages in the guest's own memory, written by us from outside while the guest runs. A guest that gives another
 * address, or says that it took what it did not, damages its own memory only.
 */
export class MemoryWindow {
  readonly #memory: WindowMemory;
  /** Where its pieces begin. */
  readonly #pieces: readonly number[];
  /** Bytes of the ring used since the machine booted: a position is this modulo the ring's size. */
  #written: number;
  /** From the ring's start: what may be other than zero. */
  #dirtyBytes = 0;

  private constructor(memory: WindowMemory, pieces: readonly number[], taken: number) {
    this.#memory = memory;
    this.#pieces = pieces;
    this.#written = taken;
  }

  /** `address` as the guest tells it (physical); null where no window lies there. */
  static open(memory: WindowMemory, address: number): MemoryWindow | null {
    const start = placeOf(memory, address);
    if (start === null) return null;
    const header = Buffer.alloc(HEADER_BYTES);
    memory.readAt(start, header);
    const addresses = ADDRESSES_AT.map((at) => readCount(header, at));
    if (!header.subarray(0, MAGIC.length).equals(MAGIC) || addresses[0] !== address) return null;
    const places = addresses.filter((piece) => piece !== 0).map((piece) => placeOf(memory, piece));
    const pieces = places.filter((place) => place !== null);
    const taken = readCount(header, TAKEN_AT);
    return pieces.length === places.length && taken <= MOST_TAKEN ? new MemoryWindow(memory, pieces, taken) : null;
  }

  /** Puts a long message into the ring; gives the short one that says where it lies, or the message itself. */
  shorten(message: Buffer): Buffer {
    if (message.length < LONG_BYTES) return message;
    const size = this.#pieces.length * PIECE_BYTES - DATA_START;
    const from = placeInRing(this.#written, message.length, size);
    const end = from + Math.ceil(message.length / 8) * 8;
    if (end - this.#taken() > size) return message;
    const offset = DATA_START + (from % size);
    this.#write(offset, message);
    this.#written = end;
    this.#dirtyBytes = Math.max(this.#dirtyBytes, offset - DATA_START + message.length);
    return pointerTo(offset, message.length, end);
  }

  /** Zeroes what was written, so that it is not saved with the machine. Call it when every message has been taken. */
  clear(): void {
    if (this.#dirtyBytes === 0) return;
    this.#write(DATA_START, Buffer.alloc(this.#dirtyBytes));
    this.#dirtyBytes = 0;
  }

  #write(offset: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const at = (offset + done) % PIECE_BYTES;
      const part = bytes.subarray(done, done + PIECE_BYTES - at);
      const piece = this.#pieces[Math.floor((offset + done) / PIECE_BYTES)] ?? NaN;
      this.#memory.writeAt(piece + at, part);
      done += part.length;
    }
  }

  #taken(): number {
    const count = Buffer.alloc(8);
    this.#memory.readAt((this.#pieces[0] ?? NaN) + TAKEN_AT, count);
    const taken = readCount(count, 0);
    // More than was sent is no answer.
    return taken <= this.#written ? taken : 0;
  }
}

/** Where a piece lies in the machine's memory; null where no whole piece can lie. */
function placeOf(memory: WindowMemory, address: number): number | null {
  const start = address < HIGH_MEMORY_START ? address : address - HIGH_MEMORY_START + LOW_MEMORY_BYTES;
  return address !== 0 && Number.isSafeInteger(start) && start + PIECE_BYTES <= memory.bytes ? start : null;
}

/**
 * Where the next message begins, from `written` on: in one piece of the ring, at a multiple of 8 as its fields are; one of pages
 * so that these are pages there too (the guest's kernel copies each to one of its own, and would do it in two parts).
 */
function placeInRing(written: number, bytes: number, size: number): number {
  const inRing = startFor(written % size, bytes);
  const round = written - (written % size);
  return inRing + bytes <= size ? round + inRing : round + size + startFor(0, bytes);
}

/** The first place from `from` on, counted from the ring's start, which is that of a page. */
function startFor(from: number, bytes: number): number {
  if (bytes < 2 * PAGE_BYTES) return from;
  return Math.ceil((from + MESSAGE_HEADER_BYTES) / PAGE_BYTES) * PAGE_BYTES - MESSAGE_HEADER_BYTES;
}

function pointerTo(offset: number, bytes: number, end: number): Buffer {
  const pointer = Buffer.alloc(POINTER_BYTES);
  pointer.writeUInt32LE(POINTER_BYTES, 0);
  pointer.writeInt32LE(LAYER_WINDOW, 4);
  pointer.writeBigUInt64LE(BigInt(offset), 16);
  pointer.writeBigUInt64LE(BigInt(bytes), 24);
  pointer.writeBigUInt64LE(BigInt(end), 32);
  return pointer;
}

/** Inexact beyond 2^53. */
function readCount(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}
