import { PAGE_BYTES } from './memory-delta.ts';
import type { ProcessMemory } from './process-memory.ts';

/*
 * The host's side of vm/guest/window.c, which gives the layout. What a message looks like is fs-tracer's business; here only
 * the header that Linux defines for all of them (include/uapi/linux/fuse.h, struct fuse_out_header: u32 bytes, i32 error,
 * u64 unique) is made for the one kind of message that is ours.
 */
const MAGIC = Buffer.from('layer window 1\n\0', 'latin1');
const ADDRESS_AT = 16;
const TAKEN_AT = 24;
const HEADER_BYTES = 32;
const DATA_START = PAGE_BYTES;
const WINDOW_BYTES = 2 << 20;
const POINTER_BYTES = 40;
const LAYER_WINDOW = 0x4c5a;
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
  readonly #start: number;
  /** Bytes of the ring used since the machine booted: a position is this modulo the ring's size. */
  #written: number;
  /** From the ring's start: what may be other than zero. */
  #dirtyBytes = 0;

  private constructor(memory: WindowMemory, start: number, taken: number) {
    this.#memory = memory;
    this.#start = start;
    this.#written = taken;
  }

  /** `address` as the guest tells it (physical); null where no window lies there. */
  static open(memory: WindowMemory, address: number): MemoryWindow | null {
    const start = address < HIGH_MEMORY_START ? address : address - HIGH_MEMORY_START + LOW_MEMORY_BYTES;
    if (address === 0 || !Number.isSafeInteger(start) || start + WINDOW_BYTES > memory.bytes) return null;
    const header = Buffer.alloc(HEADER_BYTES);
    memory.readAt(start, header);
    const isOurs = header.subarray(0, MAGIC.length).equals(MAGIC) && readCount(header, ADDRESS_AT) === address;
    return isOurs ? new MemoryWindow(memory, start, readCount(header, TAKEN_AT)) : null;
  }

  /** Puts a long message into the ring; gives the short one that says where it lies, or the message itself. */
  shorten(message: Buffer): Buffer {
    if (message.length < LONG_BYTES) return message;
    const size = WINDOW_BYTES - DATA_START;
    let from = this.#written;
    // In one piece, at a multiple of 8 as a message's fields are.
    if ((from % size) + message.length > size) from += size - (from % size);
    const end = from + Math.ceil(message.length / 8) * 8;
    if (end - this.#taken() > size) return message;
    const offset = DATA_START + (from % size);
    this.#memory.writeAt(this.#start + offset, message);
    this.#written = end;
    this.#dirtyBytes = Math.max(this.#dirtyBytes, offset - DATA_START + message.length);
    return pointerTo(offset, message.length, end);
  }

  /** Zeroes what was written, so that it is not saved with the machine. Call it when every message has been taken. */
  clear(): void {
    if (this.#dirtyBytes === 0) return;
    this.#memory.writeAt(this.#start + DATA_START, Buffer.alloc(this.#dirtyBytes));
    this.#dirtyBytes = 0;
  }

  #taken(): number {
    const count = Buffer.alloc(8);
    this.#memory.readAt(this.#start + TAKEN_AT, count);
    const taken = readCount(count, 0);
    // More than was sent is no answer.
    return taken <= this.#written ? taken : 0;
  }
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

/** Inexact beyond 2^53, which no count of a guest that tells the truth reaches. */
function readCount(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}
