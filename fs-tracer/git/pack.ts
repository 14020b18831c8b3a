import { Damage } from './damage.ts';
import { deltaResultBytes } from './delta.ts';
import { deflatedBound, INFLATE_START_BYTES, inflateExactly, inflateStart } from './inflate.ts';
import type { ObjectType } from './object-id.ts';
import { PackIndex } from './pack-index.ts';
import { type PageCache, PagedFile } from './paged-file.ts';

/*
 * A pack (gitformat-pack(5)): `PACK`, u32 version (2 or 3), u32 count, entries, hash. An entry begins with a byte: its top bit
 * says that another follows, bits 4 to 6 are the type, the rest the lowest bits of the size; each byte after it has 7
 * more bits, lowest first. Types 1 to 4 are whole objects. A delta (6, 7) is followed by what it is of: for 6 the distance
 * back to that entry, 7 bits a byte, highest first, one added for each further byte; for 7 an id. Then comes one zlib stream,
 * of the size that was said. Where it ends is written nowhere.
 */
const TYPES: readonly (ObjectType | null)[] = [null, 'commit', 'tree', 'blob', 'tag'];
const OFS_DELTA = 6;
const REF_DELTA = 7;
/** Longest head of an entry: two numbers of 10 bytes, or one and an id. */
const HEAD_BYTES = 64;

export interface PackStream {
  /** Of the inflated stream: the object, or the delta. */
  readonly streamBytes: number;
  /** Where the stream begins. */
  readonly streamOffset: number;
}

/** A whole object, or a delta and where its base is in the same pack. */
export type PackEntry = PackStream &
  ({ readonly type: ObjectType; readonly baseOffset: null } | { readonly type: null; readonly baseOffset: number });

let opened = 0;

/** One pack with its index. */
export class Pack implements Disposable {
  /** Tells packs apart. */
  readonly number = opened++;
  readonly #index: PackIndex;
  readonly #file: PagedFile;
  readonly #idBytes: number;

  /** `path` without its ending. Throws {@link Damage} for what is not understood, and what `node:fs` throws. */
  constructor(path: string, idBytes: number, pages: PageCache) {
    this.#idBytes = idBytes;
    this.#index = new PackIndex(`${path}.idx`, idBytes, pages);
    try {
      this.#file = new PagedFile(`${path}.pack`, pages);
    } catch (error) {
      this.#index[Symbol.dispose]();
      throw error;
    }
  }

  /** The offset of an object's entry. */
  find(id: Buffer): number | null {
    return this.#index.find(id);
  }

  entry(offset: number): PackEntry {
    const head = this.#file.upTo(offset, HEAD_BYTES);
    const type = ((head[0] ?? 0) >> 4) & 7;
    const size = readSize(head);
    const whole = TYPES[type] ?? null;
    if (whole !== null)
      return { type: whole, baseOffset: null, streamBytes: size.value, streamOffset: offset + size.end };
    const base = this.#base(head, size.end, type, offset);
    return { type: null, baseOffset: base.offset, streamBytes: size.value, streamOffset: offset + base.end };
  }

  /** The inflated stream of an entry. */
  inflate({ streamOffset, streamBytes }: PackStream): Buffer {
    return inflateExactly(this.#file.upTo(streamOffset, deflatedBound(streamBytes)), streamBytes);
  }

  /** The size of the object that an entry stands for; of a delta only the beginning is inflated. */
  objectBytes({ type, streamOffset, streamBytes }: PackEntry): number {
    if (type !== null) return streamBytes;
    return deltaResultBytes(inflateStart(this.#file.upTo(streamOffset, INFLATE_START_BYTES)));
  }

  #base(head: Buffer, at: number, type: number, offset: number): { readonly offset: number; readonly end: number } {
    if (type === REF_DELTA) {
      const found = this.#index.find(head.subarray(at, at + this.#idBytes));
      if (found === null) throw new Damage('the base of its delta is not in the pack');
      return { offset: found, end: at + this.#idBytes };
    }
    if (type !== OFS_DELTA) throw new Damage('it is of an unknown kind');
    const distance = readDistance(head, at);
    if (distance.value <= 0 || distance.value > offset) throw new Damage('the base of its delta is out of range');
    return { offset: offset - distance.value, end: distance.end };
  }

  [Symbol.dispose](): void {
    this.#index[Symbol.dispose]();
    this.#file[Symbol.dispose]();
  }
}

interface ReadNumber {
  readonly value: number;
  readonly end: number;
}

function readSize(head: Buffer): ReadNumber {
  let value = (head[0] ?? 0) & 0x0f;
  let end = 1;
  for (let scale = 16; (head[end - 1] ?? 0) >= 0x80; scale *= 128) {
    value += ((head[end] ?? 0) & 0x7f) * scale;
    end += 1;
  }
  return checked({ value, end }, head);
}

function readDistance(head: Buffer, start: number): ReadNumber {
  let value = (head[start] ?? 0) & 0x7f;
  let end = start + 1;
  while ((head[end - 1] ?? 0) >= 0x80) {
    value = (value + 1) * 128 + ((head[end] ?? 0) & 0x7f);
    end += 1;
  }
  return checked({ value, end }, head);
}

function checked(read: ReadNumber, head: Buffer): ReadNumber {
  if (read.end > head.length || !Number.isSafeInteger(read.value)) throw new Damage('its head cannot be read');
  return read;
}
