import { hash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { bytesOf, padded, wordsOf } from './aligned-bytes.ts';
import { CHECKSUM_AT, checksumOf } from './look-checksum.ts';
import { RECORD_BYTES, RECORD_DOUBLES } from './look-record.ts';
import type { LookContents, LookFront, LookNotes, StoredLooks } from './look-contents.ts';

/**
 * The form of a look file: what a decision looked at, and what it found out. Little endian, every part at a multiple of 16
 * bytes but as told; host/look.c reads the front as well. A change of the form changes the magic, here and there.
 *
 *   magic     8 bytes, "layerlk" and the format's version as one byte (now 2)
 *   head      u32 count of paths, u32 bytes of JSON, u32 bytes of paths, u32 count of places; 8 bytes of nonce; 16 bytes of
 *             checksum of the front (look-checksum.ts); 16 NULs
 *   JSON      {@link LookNotes}, with spaces at its end
 *   paths     the root, then each path, all ended by NUL; NULs up to a multiple of 16
 *   records   6 f64 for each path (look-record.ts)
 *   parents   i32 for each path; at once after them rules: i32 for each path (look-table.ts)
 *   places    at once after them, u32 each: for each entry of each set (look-memory.ts), where in the table its path is.
 *             NULs up to a multiple of 16 end the front
 *   tail      the entries of all sets, then their digests, as text whose parts are ended by NUL; its sha-256 is in the JSON
 *
 * Where the helper found nothing changed only the head and the JSON are read, and where something did, the tail as well.
 * Nothing of it is synced: what a power cut leaves behind shows in a checksum.
 */
const MAGIC = 'layerlk\x02';
const HEAD_BYTES = 64;
const NONCE_AT = 24;
export const NONCE_BYTES = 8;
/** A first read that holds the JSON of nearly all look files. */
const FIRST_READ_BYTES = 16 * 1024;

export function encodeLookFile(contents: LookContents): Buffer {
  const { root, records, parents, rules, places, entries, digests } = contents;
  const paths = contents.paths();
  const pathBytes = padded(Buffer.from([root, ...paths.map((path) => path || '.'), ''].join('\0'), 'latin1'));
  const tail = encodeTail(entries, digests);
  const notes = padded(Buffer.from(JSON.stringify({ ...contents.notes, root, tail: tail.summary })), ' ');
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  for (const [place, value] of [paths.length, notes.length, pathBytes.length, places.length].entries())
    head.writeUInt32LE(value, 8 + place * 4);
  randomBytes(NONCE_BYTES).copy(head, NONCE_AT);
  const numbers = [records, parents, rules, places].map(bytesOf);
  const front = padded(Buffer.concat([head, notes, pathBytes, ...numbers]));
  bytesOf(checksumOf(wordsOf(front))).copy(front, CHECKSUM_AT);
  return Buffer.concat([front, tail.bytes]);
}

function encodeTail(
  entries: readonly string[],
  digests: readonly string[],
): { readonly bytes: Buffer; readonly summary: LookNotes['tail'] } {
  const entryBytes = Buffer.from(ended(entries), 'latin1');
  const digestBytes = Buffer.from(ended(digests), 'utf8');
  const bytes = Buffer.concat([entryBytes, digestBytes]);
  const summary = {
    entriesBytes: entryBytes.length,
    digestsBytes: digestBytes.length,
    checksum: hash('sha256', bytes),
  };
  return { bytes, summary };
}

interface Tail {
  readonly entries: readonly string[];
  readonly digests: readonly string[];
}

interface Head {
  readonly count: number;
  readonly noteBytes: number;
  readonly pathBytes: number;
  readonly placeCount: number;
}

/** A look file that is open: its head and JSON were read, and nothing was checked. */
export class LookFile implements StoredLooks, Disposable {
  readonly root: string;
  readonly nonce: Buffer;
  readonly count: number;
  readonly notes: LookNotes;
  readonly #head: Head;
  readonly #descriptor: number;
  #front: LookFront | null = null;
  #tail: Tail | null = null;

  private constructor(descriptor: number, head: Head, nonce: Buffer, notes: LookNotes) {
    this.#descriptor = descriptor;
    this.#head = head;
    this.nonce = nonce;
    this.count = head.count;
    this.notes = notes;
    this.root = notes.root;
  }

  /** Null where there is none, or it is of another format, or plainly damaged. */
  static open(path: string): LookFile | null {
    let descriptor: number | null = null;
    try {
      descriptor = openSync(path, 'r');
      const file = LookFile.#read(descriptor);
      if (file !== null) return file;
      closeSync(descriptor);
    } catch {
      if (descriptor !== null) closeSync(descriptor);
    }
    return null;
  }

  static #read(descriptor: number): LookFile | null {
    const { size } = fstatSync(descriptor);
    const first = readExactly(descriptor, 0, Math.min(size, FIRST_READ_BYTES));
    if (first === null || first.length < HEAD_BYTES || first.toString('latin1', 0, 8) !== MAGIC) return null;
    const head = headOf(first);
    if (frontBytes(head) > size) return null;
    const end = HEAD_BYTES + head.noteBytes;
    const start = end <= first.length ? first : readExactly(descriptor, 0, end);
    if (start === null) return null;
    const notes = JSON.parse(start.toString('utf8', HEAD_BYTES, end)) as LookNotes;
    return new LookFile(descriptor, head, start.subarray(NONCE_AT, NONCE_AT + NONCE_BYTES), notes);
  }

  /** Whether the front is as it was written, as far as the checksum tells. Reads all of it. */
  isIntact(): boolean {
    const bytes = this.#readFront();
    return (
      bytes !== null &&
      checksumOf(wordsOf(bytes)).every((lane, index) => bytes.readInt32LE(CHECKSUM_AT + index * 4) === lane)
    );
  }

  /** The rest of the front. Somebody must have checked that it is intact: host/look.c, or {@link isIntact}. */
  front(): LookFront {
    if (this.#front !== null) return this.#front;
    const bytes = this.#readFront();
    if (bytes === null) throw new Error('Internal error: a look file was cut short while it was open');
    return (this.#front = frontIn(bytes, this.#head));
  }

  /** The entries of all sets and their digests, one after the other; null where they are damaged. */
  tail(): Tail | null {
    return (this.#tail ??= this.#readTail());
  }

  #readTail(): Tail | null {
    const { entriesBytes, digestsBytes, checksum } = this.notes.tail;
    const bytes = readExactly(this.#descriptor, frontBytes(this.#head), entriesBytes + digestsBytes);
    if (bytes === null || hash('sha256', bytes) !== checksum) return null;
    const entries = bytes.toString('latin1', 0, entriesBytes).split('\0');
    const digests = bytes.toString('utf8', entriesBytes).split('\0');
    return { entries: entries.slice(0, -1), digests: digests.slice(0, -1) };
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #readFront(): Buffer | null {
    return readExactly(this.#descriptor, 0, frontBytes(this.#head));
  }
}

function headOf(bytes: Buffer): Head {
  const [count, noteBytes, pathBytes, placeCount] = [8, 12, 16, 20].map((at) => bytes.readUInt32LE(at));
  return { count: count ?? 0, noteBytes: noteBytes ?? 0, pathBytes: pathBytes ?? 0, placeCount: placeCount ?? 0 };
}

function frontBytes({ count, noteBytes, pathBytes, placeCount }: Head): number {
  const length = HEAD_BYTES + noteBytes + pathBytes + count * (RECORD_BYTES + 8) + placeCount * 4;
  return Math.ceil(length / 16) * 16;
}

function frontIn(bytes: Buffer, { count, noteBytes, pathBytes, placeCount }: Head): LookFront {
  const { buffer, byteOffset } = bytes;
  const pathsAt = HEAD_BYTES + noteBytes;
  const recordsAt = byteOffset + pathsAt + pathBytes;
  const parentsAt = recordsAt + count * RECORD_BYTES;
  return {
    records: new Float64Array(buffer, recordsAt, count * RECORD_DOUBLES),
    parents: new Int32Array(buffer, parentsAt, count),
    rules: new Int32Array(buffer, parentsAt + count * 4, count),
    places: new Uint32Array(buffer, parentsAt + count * 8, placeCount),
    paths: () => {
      const [, ...paths] = bytes.toString('latin1', pathsAt, pathsAt + pathBytes).split('\0', count + 1);
      return paths.map((path) => (path === '.' ? '' : path));
    },
  };
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
  return parts.length === 0 ? '' : `${parts.join('\0')}\0`;
}
