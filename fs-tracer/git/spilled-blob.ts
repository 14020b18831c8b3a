import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { makeTemporaryFolder } from '../../util/temporary-folder.ts';
import { catBlobTo } from './cat-file.ts';
import { Damage } from './damage.ts';
import { hashOf, type ObjectId } from './object-id.ts';

const CHUNK_BYTES = 1024 * 1024;

/**
 * A blob that is too big for memory: git has written it to a file, which has no name any more and is gone when it is closed.
 * A zlib stream can only be read from its start, so without this every read in the middle would begin there.
 */
export class SpilledBlob implements Disposable {
  readonly #descriptor: number;
  readonly sizeBytes: number;
  /** Hex sha-256 of the content. */
  readonly digest: string;

  /** Takes over `descriptor`. Throws {@link Damage} where the content is not what `id` says. */
  constructor(descriptor: number, id: ObjectId) {
    this.#descriptor = descriptor;
    this.sizeBytes = fstatSync(descriptor).size;
    this.digest = this.#hash(id);
  }

  /** `parent`: the folder for the file, which needs no name for longer than a moment. */
  static make(repository: string, id: ObjectId, parent: string): SpilledBlob {
    const folder = makeTemporaryFolder('blob', parent);
    let descriptor: number;
    try {
      descriptor = openSync(join(folder, 'content'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    try {
      catBlobTo(descriptor, repository, id);
      return new SpilledBlob(descriptor, id);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(this.#descriptor, bytes, filled, bytes.length - filled, offset + filled);
      if (read === 0) throw new Damage('it was cut off');
      filled += read;
    }
    return bytes;
  }

  #hash(id: ObjectId): string {
    const [named, plain] = [createHash(hashOf(id)).update(`blob ${this.sizeBytes}\0`), createHash('sha256')];
    for (let offset = 0; offset < this.sizeBytes; offset += CHUNK_BYTES) {
      const chunk = this.read(offset, CHUNK_BYTES);
      named.update(chunk);
      plain.update(chunk);
    }
    if (named.digest('hex') !== id) throw new Damage('its content is not what its id says');
    return plain.digest('hex');
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
