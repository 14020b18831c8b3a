/** Where the checksum is in the head of a look file (look-file.ts), in bytes. */
export const CHECKSUM_AT = 32;

const GROUP = 4;
/** FNV-1a's, of 32 bits. */
const PRIME = 0x01000193;

/**
 * The checksum of a look file's front, all but the checksum itself: four lanes of 32 bits, one word after the other into one
 * lane after the other. It tells what a power cut left behind from what was written, not friend from foe: the folder is
 * the user's own. A sha-256 would take five times as long here, and a library in host/look.c, which computes the same.
 */
export function checksumOf(front: Int32Array): Int32Array {
  let [first, second, third, fourth] = [1, 2, 3, 4];
  for (let at = 0; at < front.length; at += GROUP) {
    if (at * 4 === CHECKSUM_AT) continue;
    first = mixed(first ^ (front[at] ?? 0));
    second = mixed(second ^ (front[at + 1] ?? 0));
    third = mixed(third ^ (front[at + 2] ?? 0));
    fourth = mixed(fourth ^ (front[at + 3] ?? 0));
  }
  return Int32Array.of(first, second, third, fourth);
}

function mixed(word: number): number {
  const product = Math.imul(word, PRIME);
  return (product << 13) | (product >>> 19);
}
