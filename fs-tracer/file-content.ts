import { createHash, type Hash } from 'node:crypto';
import { fstatSync, readSync, type Stats } from 'node:fs';

import { identityOf, isRacilyClean } from '../util/file-identity.ts';

const HASH_CHUNK_BYTES = 1024 * 1024;

/** One look at a path. Its identity is put together when it is needed, and once. */
export class Look {
  readonly stats: Stats;
  #identity: string | null = null;

  constructor(stats: Stats) {
    this.stats = stats;
  }

  get identity(): string {
    return (this.#identity ??= identityOf(this.stats));
  }
}

/** The file that was held last. Its bytes are served and hashed, so what the guest gets is what is in its key. */
export interface HeldFile {
  readonly look: Look;
  readonly isRacy: boolean;
  readonly bytes: Buffer;
  digest: string | null;
}

/** The bytes of an open file that is as it was opened; null where it is being written. */
export function readHeld(look: Look, descriptor: number, stats: Stats): HeldFile | null {
  const bytes = Buffer.allocUnsafe(stats.size);
  const isWhole = readFully(descriptor, bytes, 0) === stats.size && isSame(fstatSync(descriptor), look.stats);
  return isWhole ? { look, isRacy: isRacilyClean(stats, Date.now()), bytes, digest: null } : null;
}

/** Bytes read: fewer than `buffer` has where the file ends. */
export function readFully(descriptor: number, buffer: Buffer, offset: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(descriptor, buffer, filled, buffer.length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/** Hex sha-256. */
export function hashFile(descriptor: number, expectedBytes: number): string {
  const whole = createHash('sha256');
  hashRest(whole, descriptor, 0, expectedBytes);
  return whole.digest('hex');
}

/**
 * The sha-256 of a file that is being served: of its bytes as they are served, as long as that goes on from where it was; the
 * rest is read at the end.
 */
export class HashInOrder {
  readonly #stats: Stats;
  readonly #hash = createHash('sha256');
  #offset = 0;

  /** `stats` of the file that is hashed: of nothing else. */
  constructor(stats: Stats) {
    this.#stats = stats;
  }

  /** These bytes are being served: of the file that `stats` tells of. */
  add(stats: Stats, offset: number, bytes: Buffer): void {
    if (offset !== this.#offset || !isSame(stats, this.#stats)) return;
    this.#hash.update(bytes);
    this.#offset += bytes.length;
  }

  /** Hex, to be called once; null where the open file is another one now. */
  finish(descriptor: number, stats: Stats): string | null {
    if (!isSame(stats, this.#stats)) return null;
    hashRest(this.#hash, descriptor, this.#offset, stats.size);
    return this.#hash.digest('hex');
  }
}

function hashRest(whole: Hash, descriptor: number, start: number, expectedBytes: number): void {
  // Most files are small; a whole chunk for each would cost more than hashing it. One byte more than expected shows growth.
  const chunk = Buffer.allocUnsafe(Math.min(HASH_CHUNK_BYTES, Math.max(0, expectedBytes - start) + 1));
  for (let offset = start; ; ) {
    const read = readSync(descriptor, chunk, 0, chunk.length, offset);
    if (read === 0) return;
    whole.update(chunk.subarray(0, read));
    offset += read;
  }
}

/** What an identity compares, without putting it together. */
export function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}
