import { constants, inflateSync } from 'node:zlib';

import { Damage } from './damage.ts';

/** zlib does not take a smaller one. */
const MIN_CHUNK_BYTES = 64;
/** What DEFLATE can make of one byte at most (zlib.net/zlib_tech.html), rounded up. */
const LARGEST_RATIO = 1100;
/** Whatever the header of a DEFLATE block is, the first bytes of content come before this. */
const START_BYTES = 512;
const START_CHUNK_BYTES = 4096;
/** Larger ones are left to git, which has ways to hold them. */
const LARGEST_BYTES = 2 ** 30;

/**
 * Inflates the zlib stream at the start of `bytes`, which must give exactly `sizeBytes`; what follows it is left alone. One
 * buffer of just this size is made, none larger and none twice. Throws {@link Damage}.
 */
export function inflateExactly(bytes: Buffer, sizeBytes: number): Buffer {
  if (sizeBytes > LARGEST_BYTES) throw new Damage(`it claims ${sizeBytes} bytes`);
  if (sizeBytes > bytes.length * LARGEST_RATIO) throw new Damage(`it claims ${sizeBytes} bytes and has far fewer`);
  const chunkSize = Math.max(MIN_CHUNK_BYTES, sizeBytes + 1);
  const inflated = inflate(bytes, { chunkSize, maxOutputLength: Math.max(1, sizeBytes) });
  if (inflated.length !== sizeBytes) throw new Damage(`it has ${inflated.length} bytes where ${sizeBytes} were said`);
  return inflated;
}

/** Some of the beginning of what the zlib stream `bytes` holds: at least 24 bytes where it has that many. */
export function inflateStart(bytes: Buffer): Buffer {
  return inflate(bytes.subarray(0, START_BYTES), { chunkSize: START_CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
}

/** How many bytes of a zlib stream {@link inflateStart} wants. */
export const INFLATE_START_BYTES = START_BYTES;

/** The most bytes that a zlib stream of `sizeBytes` takes (zlib's deflateBound with fixed codes: 9 bits for 8), and some more. */
export function deflatedBound(sizeBytes: number): number {
  return sizeBytes + Math.ceil(sizeBytes / 7) + 128;
}

function inflate(bytes: Buffer, options: Parameters<typeof inflateSync>[1]): Buffer {
  try {
    return inflateSync(bytes, options);
  } catch (cause) {
    const { message } = cause as Error;
    throw new Damage(`it cannot be inflated: ${message}`, { cause });
  }
}
