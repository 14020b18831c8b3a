import { hash } from 'node:crypto';

/** From here on loading node:crypto (in the bundle nothing else does it, see setup/bundle) and hashing with it is faster. */
const LONG = 20_000;

/**
 * Hex sha-256 of `text` as UTF-8, as `hash('sha256', text)` of node:crypto gives it. A decision where nothing changed hashes
 * a dozen short texts and nothing else, and loading node:crypto takes 8 ms of CPU, a quarter of what Node takes to
 * start. So short texts are hashed here (FIPS 180-4, 6.2).
 */
export function sha256(text: string): string {
  if (text.length > LONG) return hash('sha256', text);
  const blocks = padded(text);
  const schedule = new Int32Array(64);
  const state = Int32Array.from(INITIAL);
  for (let at = 0; at < blocks.byteLength; at += 64) {
    for (let index = 0; index < 16; index++) schedule[index] = blocks.getInt32(at + index * 4);
    mix(state, schedule);
  }
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** A one bit, zeros and the number of bits at the end make whole blocks of 64 bytes. */
function padded(text: string): DataView {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.alloc((((length + 8) >> 6) + 1) << 6);
  bytes.write(text);
  bytes[length] = 0x80;
  bytes.writeUInt32BE(length * 8, bytes.length - 4);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function mix(state: Int32Array, schedule: Int32Array): void {
  for (let index = 16; index < 64; index++) {
    const early = schedule[index - 15] ?? 0;
    const late = schedule[index - 2] ?? 0;
    const one = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const two = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    schedule[index] = (one + two + (schedule[index - 16] ?? 0) + (schedule[index - 7] ?? 0)) | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < 64; index++) {
    const lower = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const first = (h + lower + ((e & f) ^ (~e & g)) + (ROUNDS[index] ?? 0) + (schedule[index] ?? 0)) | 0;
    const upper = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const second = (upper + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  const mixed = [a, b, c, d, e, f, g, h];
  for (let index = 0; index < 8; index++) state[index] = (state[index] ?? 0) + (mixed[index] ?? 0);
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

const INITIAL = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

const ROUNDS = Int32Array.of(
  ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
  ...[0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
  ...[0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
  ...[0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
  ...[0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
  ...[0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
  ...[0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
  ...[0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
);
