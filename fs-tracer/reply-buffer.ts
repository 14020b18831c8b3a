const SLAB_BYTES = 64 * 1024;
/** Bigger ones get a buffer of their own. */
const LARGEST_SHARED_BYTES = SLAB_BYTES / 8;

/** From here on it pays to use a buffer again: a new one is mapped, and its pages come one fault at a time. */
const LONG_BYTES = 64 * 1024;

let slab = Buffer.alloc(0);
let used = 0;
let lent: Buffer | null = null;
let spare: Buffer | null = null;

/**
 * A buffer for one reply, not zeroed: a piece of a slab that many replies share, as a stream keeps each until it has written it
 * and nobody says when. A slab goes with its last reply. A buffer of its own for each small reply costs 1 us and 200 bytes.
 */
export function replyBuffer(bytes: number): Buffer {
  if (bytes >= LONG_BYTES) return longBuffer(bytes);
  if (bytes > LARGEST_SHARED_BYTES) return Buffer.allocUnsafeSlow(bytes);
  if (used + bytes > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  used += bytes;
  return slab.subarray(start, used);
}

/** Says that nobody needs a reply's bytes any longer, so that the next long one may have its buffer. */
export function giveBack(reply: Buffer): void {
  if (reply.buffer !== lent?.buffer) return;
  spare = lent;
  lent = null;
}

function longBuffer(bytes: number): Buffer {
  const found = spare;
  spare = null;
  lent = found !== null && found.length >= bytes ? found : Buffer.allocUnsafeSlow(bytes);
  return lent.subarray(0, bytes);
}
