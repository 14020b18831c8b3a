import { Damage } from './damage.ts';

/*
 * A delta (gitformat-pack(5), "Deltified representation"): size of the base, size of the result, each 7 bits a byte, lowest
 * first, the top bit saying that more follow. Then instructions: a byte 1oooo with sizes: copy; bits 0 to 3 say which
 * bytes of a little-endian offset into the base follow, bits 4 to 6 which of a size (0: 65536). A byte from 1 to 127:
 * that many bytes follow, to be added. 0 is reserved.
 */

/** How many bytes the two sizes at the beginning of a delta take at most. */
const MAX_SIZE_DIGITS = 8;

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
  if (sizes.result > maxResult(delta)) throw new Damage('its delta claims more than it can make');
  const result = Buffer.allocUnsafe(sizes.result);
  let [at, filled] = [sizes.end, 0];
  while (at < delta.length) {
    const instruction = delta[at++] ?? 0;
    if (instruction === 0) throw new Damage('its delta has an unknown instruction');
    const isCopy = instruction >= 0x80;
    const copied = isCopy ? readCopy(delta, at, instruction) : { offset: at, length: instruction, end: at + instruction };
    const source = isCopy ? base : delta;
    const sourceEnd = copied.offset + copied.length;
    if (sourceEnd > source.length || filled + copied.length > result.length) throw new Damage('its delta is out of range');
    source.copy(result, filled, copied.offset, sourceEnd);
    filled += copied.length;
    at = copied.end;
  }
  if (filled !== result.length || at !== delta.length) throw new Damage('its delta ends too early');
  return result;
}

/** A copy takes at least one byte and gives at most 2^24 - 1: so nothing is set aside for a size that is a lie. */
function maxResult(delta: Buffer): number {
  return delta.length * 0xffffff;
}

function readCopy(delta: Buffer, start: number, instruction: number): { offset: number; length: number; end: number } {
  let [at, offset, length] = [start, 0, 0];
  for (let bit = 0; bit < 4; bit++) if ((instruction >> bit) & 1) offset += (delta[at++] ?? 0) * 2 ** (8 * bit);
  for (let bit = 0; bit < 3; bit++) if ((instruction >> (4 + bit)) & 1) length += (delta[at++] ?? 0) << (8 * bit);
  return { offset, length: length === 0 ? 0x10000 : length, end: at };
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
