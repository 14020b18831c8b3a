import { createHash } from 'node:crypto';

import { gitComplaint } from '../../util/ask-git.ts';
import type { DigestMemo } from '../digest-memo.ts';
import { ByteBudgetCache } from './byte-budget-cache.ts';
import { Damage } from './damage.ts';
import type { ObjectDatabase } from './object-database.ts';
import type { ObjectId } from './object-id.ts';
import { SpilledBlob } from './spilled-blob.ts';

const MEMORY_BYTES = 64 * 1024 * 1024;
/** A larger blob goes to a file. */
const BIG_BYTES = MEMORY_BYTES / 2;
const SPILLED_BYTES = 4 * 1024 ** 3;

export interface BlobOptions {
  readonly database: ObjectDatabase;
  readonly digestMemo: DigestMemo;
  /** For files of big blobs. */
  readonly temporaryFolder: string;
}

/**
 * Contents of blobs, in ranges, and their digests. The guest reads a file in pieces, one after the other: so those that were
 * read last are kept, small ones in memory and big ones in files, each within a budget. Digests are memoised as `git:ID`: what
 * an id names never changes, so that holds for every repository.
 */
export class Blobs implements Disposable {
  readonly #database: ObjectDatabase;
  readonly #memo: DigestMemo;
  readonly #temporaryFolder: string;
  readonly #sizes = new Map<ObjectId, number>();
  readonly #read = new ByteBudgetCache<ObjectId, Buffer>(MEMORY_BYTES);
  readonly #spilled = new ByteBudgetCache<ObjectId, SpilledBlob>(SPILLED_BYTES, (blob) => blob[Symbol.dispose]());

  constructor({ database, digestMemo, temporaryFolder }: BlobOptions) {
    this.#database = database;
    this.#memo = digestMemo;
    this.#temporaryFolder = temporaryFolder;
  }

  sizeBytes(id: ObjectId): number {
    const known = this.#sizes.get(id) ?? this.#database.sizeBytes(id);
    this.#sizes.set(id, known);
    return known;
  }

  read(id: ObjectId, offset: number, length: number): Buffer {
    const kept = this.#read.get(id);
    if (kept !== undefined) return kept.subarray(offset, offset + length);
    return this.#use(
      id,
      (bytes) => bytes.subarray(offset, offset + length),
      (blob) => blob.read(offset, length),
    );
  }

  /** Hex sha-256. */
  digest(id: ObjectId): string {
    const key = `git:${id}`;
    const known = this.#memo.get(key);
    if (known !== undefined) return known;
    const digest = this.#use(
      id,
      (bytes) => createHash('sha256').update(bytes).digest('hex'),
      (blob) => blob.digest,
    );
    this.#memo.set(key, digest);
    return digest;
  }

  #use<Result>(id: ObjectId, small: (bytes: Buffer) => Result, big: (blob: SpilledBlob) => Result): Result {
    const kept = this.#read.get(id);
    if (kept !== undefined) return small(kept);
    const bytes = this.#spilled.has(id) ? null : this.#database.readUpTo(id, 'blob', BIG_BYTES);
    if (bytes === null) return this.#useSpilled(id, big);
    this.#read.set(id, bytes, bytes.length);
    return small(bytes);
  }

  #useSpilled<Result>(id: ObjectId, use: (blob: SpilledBlob) => Result): Result {
    try {
      const kept = this.#spilled.get(id);
      if (kept !== undefined) return use(kept);
      const blob = SpilledBlob.make(this.#database.repository, id, this.#temporaryFolder);
      const result = use(blob);
      // After its use: one that is larger than the budget is closed at once.
      this.#spilled.set(id, blob, blob.sizeBytes);
      return result;
    } catch (error) {
      throw this.#database.unreadable(id, error instanceof Damage ? error.message : gitComplaint(error), error);
    }
  }

  [Symbol.dispose](): void {
    this.#read.clear();
    this.#spilled.clear();
  }
}
