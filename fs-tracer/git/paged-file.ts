import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { ByteBudgetCache } from './byte-budget-cache.ts';
import { Damage } from './damage.ts';

const PAGE_BYTES = 16 * 1024;
const CACHE_BYTES = 32 * 1024 * 1024;
/** More than a page would come in pieces: such a read goes to the file. */
const DIRECT_BYTES = 4 * PAGE_BYTES;

/** Pages of all files together, by {@link PagedFile} and number: a big repository has hundreds of packs. */
export type PageCache = ByteBudgetCache<number, Buffer>;

export function makePageCache(): PageCache {
  return new ByteBudgetCache(CACHE_BYTES);
}

let opened = 0;

/**
 * A file that never changes, read at any place. A pack index of a big repository has 100 MB and more, of which a run looks at
 * a few places: so it is read by pages, and stays open, because `git gc` removes packs that are in use.
 */
export class PagedFile implements Disposable {
  readonly sizeBytes: number;
  readonly #descriptor: number;
  readonly #pages: PageCache;
  readonly #firstKey: number;

  constructor(path: string, pages: PageCache) {
    this.#pages = pages;
    this.#descriptor = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.#descriptor).size;
    this.#firstKey = opened++ * 2 ** 32;
  }

  /** Up to `length` bytes from `offset`, fewer at the end of the file. Not to be written to. */
  upTo(offset: number, length: number): Buffer {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - offset));
    if (wanted === 0 || wanted > DIRECT_BYTES) return this.#direct(offset, wanted);
    const within = offset % PAGE_BYTES;
    const first = this.#page((offset - within) / PAGE_BYTES);
    if (within + wanted <= first.length) return first.subarray(within, within + wanted);
    return Buffer.concat([
      first.subarray(within),
      this.upTo(offset - within + PAGE_BYTES, within + wanted - PAGE_BYTES),
    ]);
  }

  /** Exactly `length` bytes from `offset`; throws {@link Damage} where the file ends before. */
  exactly(offset: number, length: number): Buffer {
    const bytes = this.upTo(offset, length);
    if (bytes.length !== length) throw new Damage('it ends too early');
    return bytes;
  }

  #page(number: number): Buffer {
    const key = this.#firstKey + number;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const start = number * PAGE_BYTES;
    const page = this.#direct(start, Math.max(0, Math.min(PAGE_BYTES, this.sizeBytes - start)));
    this.#pages.set(key, page, page.length);
    return page;
  }

  #direct(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(this.#descriptor, bytes, filled, length - filled, offset + filled);
      if (read === 0) throw new Damage('it was cut off');
      filled += read;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
