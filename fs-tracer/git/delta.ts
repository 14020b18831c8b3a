import { Damage } from './damage.ts';

/*
 * A delta (gitformat-pack(5), "Deltified representation"): size of the base, size of the result, each 7 bits a byte, lowest
 * first, the top bit saying that more follow. Then instructions: a byte 1oooo with sizes: copy; bits 0 to 3 say which
 * bytes of a little-endian offset into the base follow, bits 4 to 6 which of a size (0: 65536). A byte from 1 to 127:
 * that many bytes follow, to be added. 0 is reserved.
 */

/** How many bytes the two sizes at the beginning of a delta take at most. */
const MAX_SIZE_DIGITS = 8;
/** Nothing is set aside for a size that is a lie. */
const MOST_BYTES_OF_AN_INSTRUCTION = 0xffffff;

interface Sizes {
  readonly base: number;
  readonly result: number;
  /** Where the instructions begin. */
  readonly end: number;
}

/** The size in bytes of what a delta makes; its beginning is enough. Throws {@link Damage}. */
export function deltaResultBytes(delta: Buffer): number {
  return readSizes(delta).result;
}

/** What `delta` makes of `base`. Throws {@link Damage}. */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const sizes = readSizes(delta);
  if (sizes.base !== base.length) throw new Damage('its delta is of another base');
  if (sizes.result > delta.length * MOST_BYTES_OF_AN_INSTRUCTION) throw new Damage('its delta makes less than it says');
  const result = Buffer.allocUnsafe(sizes.result);
  const instructions = new Instructions(delta, sizes.end);
  let filled = 0;
  while (instructions.next()) {
    const { isCopy, offset, length } = instructions;
    const source = isCopy ? base : delta;
    if (offset + length > source.length || filled + length > result.length)
      throw new Damage('its delta is out of range');
    copyBytes(source, offset, result, filled, length);
    filled += length;
  }
  if (filled !== result.length) throw new Damage('its delta ends too early');
  return result;
}

/** A cursor with fields, not an iterator of objects: a tree of a big folder has thousands of instructions. */
class Instructions {
  readonly #delta: Buffer;
  #at: number;
  /** Whether the bytes are of the base, else of the delta itself. */
  isCopy = false;
  offset = 0;
  length = 0;

  constructor(delta: Buffer, start: number) {
    this.#delta = delta;
    this.#at = start;
  }

  /** False at the end. */
  next(): boolean {
    if (this.#at >= this.#delta.length) return false;
    const code = this.#byte();
    if (code === 0) throw new Damage('its delta has an unknown instruction');
    this.isCopy = code >= 0x80;
    if (this.isCopy) this.#readCopy(code);
    else this.#readInsert(code);
    return true;
  }

  #readCopy(code: number): void {
    this.offset = code & 1 ? this.#byte() : 0;
    if (code & 2) this.offset |= this.#byte() << 8;
    if (code & 4) this.offset |= this.#byte() << 16;
    if (code & 8) this.offset += this.#byte() * 0x1000000;
    this.length = code & 0x10 ? this.#byte() : 0;
    if (code & 0x20) this.length |= this.#byte() << 8;
    if (code & 0x40) this.length |= this.#byte() << 16;
    if (this.length === 0) this.length = 0x10000;
  }

  #readInsert(length: number): void {
    this.offset = this.#at;
    this.length = length;
    this.#at += length;
  }

  /** 0 after the end: what comes of it is out of range, or too short. */
  #byte(): number {
    return this.#delta[this.#at++] ?? 0;
  }
}

/** For a few bytes, calling the native copy takes longer than copying. */
function copyBytes(source: Buffer, start: number, target: Buffer, at: number, length: number): void {
  if (length > 48) source.copy(target, at, start, start + length);
  else for (let index = 0; index < length; index++) target[at + index] = source[start + index] ?? 0;
}

function readSizes(delta: Buffer): Sizes {
  const base = readSize(delta, 0);
  const result = readSize(delta, base.end);
  return { base: base.value, result: result.value, end: result.end };
}

function readSize(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let digit = 0; digit < MAX_SIZE_DIGITS; digit++) {
    const byte = bytes[start + digit];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * digit);
    if (byte < 0x80 && Number.isSafeInteger(value)) return { value, end: start + digit + 1 };
  }
  throw new Damage('the sizes of its delta cannot be read');
}
