const SLAB_BYTES = 64 * 1024;
/** Bigger ones get a buffer of their own. */
const LARGEST_SHARED_BYTES = SLAB_BYTES / 8;

let slab = Buffer.alloc(0);
let used = 0;

/**
 * A buffer for one reply, not zeroed: a piece of a slab that many replies share, as a stream keeps each until it has written it
 * and nobody says when. A slab goes with its last reply. A buffer of its own for each small reply costs 1 us and 200 bytes.
 */
export function replyBuffer(bytes: number): Buffer {
  if (bytes > LARGEST_SHARED_BYTES) return Buffer.allocUnsafeSlow(bytes);
  if (used + bytes > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  used += bytes;
  return slab.subarray(start, used);
}
