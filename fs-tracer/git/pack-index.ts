import { Damage } from './damage.ts';
import { type PageCache, PagedFile } from './paged-file.ts';

/*
 * A pack index of version 2 (gitformat-pack(5)), numbers big-endian:
 *   8 bytes            ff 't' 'O' 'c', u32 version
 *   256 u32            fan-out: how many ids have a first byte up to this one; the last is the number N of all
 *   N ids              sorted; 20 bytes each, or 32 in a SHA-256 repository
 *   N u32              CRC-32 of the packed bytes (not looked at: the id of what comes out is checked)
 *   N u32              offset in the pack; with the top bit set, the rest is a place in the next table
 *   some u64           offsets that do not fit
 *   two hashes         of the pack, and of the index
 */
const FAN_OUT = 8;
const IDS = FAN_OUT + 256 * 4;
const PIECE_IDS = 256;
const SIGNATURE = 'ff744f6300000002';

/** Where the objects of one pack are. Reads only the few pages that a search comes by. */
export class PackIndex implements Disposable {
  readonly #file: PagedFile;
  readonly #idBytes: number;
  readonly #fanOut: readonly number[];
  readonly #count: number;

  /** Throws {@link Damage} for another version, and what `node:fs` throws. */
  constructor(path: string, idBytes: number, pages: PageCache) {
    this.#idBytes = idBytes;
    this.#file = new PagedFile(path, pages);
    try {
      this.#fanOut = readFanOut(this.#file);
      this.#count = this.#fanOut[255] ?? 0;
      if (this.#file.sizeBytes < IDS + this.#count * (idBytes + 8) + 2 * idBytes) throw new Damage('it was cut off');
    } catch (error) {
      this.#file[Symbol.dispose]();
      throw error;
    }
  }

  /** The offset of the object with this id (raw bytes) in the pack; null where the pack does not have it. */
  find(id: Buffer): number | null {
    const first = id[0] ?? 0;
    let low = first === 0 ? 0 : (this.#fanOut[first - 1] ?? 0);
    let high = this.#fanOut[first] ?? 0;
    // Few enough are searched in one piece.
    while (high - low > PIECE_IDS) {
      const middle = (low + high) >>> 1;
      const order = this.#ids(middle, 1).compare(id);
      if (order <= 0) low = middle;
      if (order >= 0) high = middle + 1;
    }
    const place = findIn(this.#ids(low, high - low), id);
    return place === null ? null : this.#offset(low + place);
  }

  #ids(place: number, count: number): Buffer {
    return this.#file.exactly(IDS + place * this.#idBytes, count * this.#idBytes);
  }

  #offset(place: number): number {
    const offsets = IDS + this.#count * (this.#idBytes + 4);
    const offset = this.#file.exactly(offsets + place * 4, 4).readUInt32BE();
    if (offset < 0x80000000) return offset;
    const large = this.#file.exactly(offsets + this.#count * 4 + (offset - 0x80000000) * 8, 8).readBigUInt64BE();
    if (large > BigInt(Number.MAX_SAFE_INTEGER)) throw new Damage('an offset in it is out of range');
    return Number(large);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** The place of `id` among sorted ids. */
function findIn(ids: Buffer, id: Buffer): number | null {
  let low = 0;
  let high = ids.length / id.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = ids.compare(id, 0, id.length, middle * id.length, (middle + 1) * id.length);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return null;
}

function readFanOut(file: PagedFile): readonly number[] {
  const head = file.exactly(0, IDS);
  if (head.toString('hex', 0, 8) !== SIGNATURE) throw new Damage('it is no pack index of version 2');
  const counts = Array.from({ length: 256 }, (_, byte) => head.readUInt32BE(FAN_OUT + byte * 4));
  if (counts.some((count, byte) => byte > 0 && count < (counts[byte - 1] ?? 0))) throw new Damage('it is not sorted');
  return counts;
}
