import { hash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { RECORD_BYTES, RECORD_DOUBLES } from './look-record.ts';
import type { StoredLooks } from './look-table.ts';

/**
 * The form of a look file: what a decision looked at, and what it found out. Little endian, numbers at multiples of their
 * size; host/look.c reads the head and the paths. A change of the form changes the magic, here and there.
 *
 *   magic     8 bytes, "layerlk" and the format's version as one byte (now 1)
 *   head      u32 count of paths, u32 bytes of paths, u32 bytes of JSON, u32 count of places; 8 bytes of nonce; the sha-256 of
 *             all from the magic to the end of the JSON, with 32 NULs in its own place
 *   paths     the root, then each path, all ended by NUL; NULs up to a multiple of 8
 *   records   6 f64 for each path (look-record.ts)
 *   parents   i32 for each path; rules: i32 for each path (look-table.ts)
 *   places    u32 each: for each entry of each set (look-memory.ts), where in the table its path is
 *   JSON      {@link LookNotes}
 *   tail      the entries of all sets, then their digests, as text whose parts are ended by NUL; its sha-256 is in the JSON
 *
 * The tail is read only where something changed. Nothing of it is synced: what a power cut leaves behind shows in a checksum.
 */
const MAGIC = 'layerlk\x01';
const HEAD_BYTES = 64;
const CHECKSUM_AT = 32;
export const NONCE_BYTES = 8;

export interface LookNotes {
  /** What decided which paths are visible; null where nothing did. */
  readonly basis: {
    readonly key: string;
    /** Where in the table its files are. */
    readonly files: readonly number[];
    /** Where git's index is, and what was asked of it; null where git was not asked. */
    readonly tracked: { readonly index: number; readonly answers: readonly (readonly [string, boolean])[] } | null;
  } | null;
  readonly sets: readonly {
    readonly key: string;
    readonly note: string;
    readonly isObserved: boolean;
    readonly count: number;
  }[];
  readonly tail: { readonly entriesBytes: number; readonly digestsBytes: number; readonly checksum: string };
}

export interface LookContents extends StoredLooks {
  /** Latin1, as all paths. */
  readonly root: string;
  readonly places: Uint32Array;
  readonly notes: Omit<LookNotes, 'tail'>;
  readonly entries: readonly string[];
  readonly digests: readonly string[];
}

export function encodeLookFile(contents: LookContents): Buffer {
  const { root, records, parents, rules, places, entries, digests } = contents;
  const paths = contents.paths();
  const pathBytes = padded(Buffer.from([root, ...paths.map((path) => path || '.'), ''].join('\0'), 'latin1'));
  const entryBytes = Buffer.from(ended(entries), 'latin1');
  const digestBytes = Buffer.from(ended(digests), 'utf8');
  const tail = Buffer.concat([entryBytes, digestBytes]);
  const summary = { entriesBytes: entryBytes.length, digestsBytes: digestBytes.length, checksum: hash('sha256', tail) };
  const notes = Buffer.from(JSON.stringify({ ...contents.notes, tail: summary } satisfies LookNotes));
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  for (const [place, value] of [paths.length, pathBytes.length, notes.length, places.length].entries())
    head.writeUInt32LE(value, 8 + place * 4);
  randomBytes(NONCE_BYTES).copy(head, 24);
  const front = Buffer.concat([head, pathBytes, ...[records, parents, rules, places].map(bytesOf), notes]);
  hash('sha256', front, 'buffer').copy(front, CHECKSUM_AT);
  return Buffer.concat([front, tail]);
}

/** A look file that is open: its front was read and checked. */
export class LookFile implements StoredLooks, Disposable {
  readonly root: string;
  readonly nonce: Buffer;
  readonly count: number;
  readonly records: Float64Array;
  readonly parents: Int32Array;
  readonly rules: Int32Array;
  readonly places: Uint32Array;
  readonly notes: LookNotes;
  readonly #pathBytes: Buffer;
  readonly #descriptor: number;
  readonly #frontBytes: number;

  private constructor(descriptor: number, front: Buffer) {
    const { buffer, byteOffset } = front;
    const [count, pathBytes, noteBytes, placeCount] = headOf(front);
    const recordsAt = byteOffset + HEAD_BYTES + pathBytes;
    const parentsAt = recordsAt + count * RECORD_BYTES;
    this.#descriptor = descriptor;
    this.#frontBytes = front.length;
    this.nonce = front.subarray(24, 24 + NONCE_BYTES);
    this.count = count;
    this.#pathBytes = front.subarray(HEAD_BYTES, HEAD_BYTES + pathBytes);
    this.root = this.#pathBytes.toString('latin1', 0, this.#pathBytes.indexOf(0));
    this.records = new Float64Array(buffer, recordsAt, count * RECORD_DOUBLES);
    this.parents = new Int32Array(buffer, parentsAt, count);
    this.rules = new Int32Array(buffer, parentsAt + count * 4, count);
    this.places = new Uint32Array(buffer, parentsAt + count * 8, placeCount);
    this.notes = JSON.parse(front.toString('utf8', front.length - noteBytes)) as LookNotes;
  }

  /** Null where there is none, or it is damaged, or of another format. */
  static open(path: string): LookFile | null {
    let descriptor: number | null = null;
    try {
      descriptor = openSync(path, 'r');
      const front = readFront(descriptor);
      if (front !== null) return new LookFile(descriptor, front);
      closeSync(descriptor);
    } catch {
      if (descriptor !== null) closeSync(descriptor);
    }
    return null;
  }

  paths(): string[] {
    const [, ...paths] = this.#pathBytes.toString('latin1').split('\0', this.count + 1);
    return paths.map((path) => (path === '.' ? '' : path));
  }

  /** The entries of all sets and their digests, one after the other; null where they are damaged. */
  tail(): { readonly entries: readonly string[]; readonly digests: readonly string[] } | null {
    const { entriesBytes, digestsBytes, checksum } = this.notes.tail;
    const bytes = readExactly(this.#descriptor, this.#frontBytes, entriesBytes + digestsBytes);
    if (bytes === null || hash('sha256', bytes) !== checksum) return null;
    const entries = bytes.toString('latin1', 0, entriesBytes).split('\0');
    const digests = bytes.toString('utf8', entriesBytes).split('\0');
    return { entries: entries.slice(0, -1), digests: digests.slice(0, -1) };
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

function readFront(descriptor: number): Buffer | null {
  const head = readExactly(descriptor, 0, HEAD_BYTES);
  if (head?.toString('latin1', 0, 8) !== MAGIC) return null;
  const [count, pathBytes, noteBytes, placeCount] = headOf(head);
  const length = HEAD_BYTES + pathBytes + count * (RECORD_BYTES + 8) + placeCount * 4 + noteBytes;
  if (length > fstatSync(descriptor).size) return null;
  const front = readExactly(descriptor, 0, length);
  if (front === null) return null;
  const checksum = Buffer.from(front.subarray(CHECKSUM_AT, HEAD_BYTES));
  front.fill(0, CHECKSUM_AT, HEAD_BYTES);
  return hash('sha256', front, 'buffer').equals(checksum) ? front : null;
}

function headOf(head: Buffer): readonly [number, number, number, number] {
  return [head.readUInt32LE(8), head.readUInt32LE(12), head.readUInt32LE(16), head.readUInt32LE(20)];
}

/** In memory of its own, so that numbers can be read in place; null where the file is shorter. */
function readExactly(descriptor: number, from: number, length: number): Buffer | null {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let filled = 0; filled < length; ) {
    const read = readSync(descriptor, bytes, filled, length - filled, from + filled);
    if (read === 0) return null;
    filled += read;
  }
  return bytes;
}

function ended(parts: readonly string[]): string {
  return parts.map((part) => `${part}\0`).join('');
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 7)]);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Int32Array | Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
