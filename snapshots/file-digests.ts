import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

import { fileVersion, isSettled, type VersionMemo } from '../util/file-version.ts';
import { type FileFacts, hashFile, syncAndHash } from './durable-file.ts';

/** Smaller files are hashed in less time than it takes to look them up. */
const ALWAYS_HASHED_BYTES = 64 * 1024;

/**
 * Digests of files that are written once, remembered for as long as the system is up and nobody writes to them
 * ({@link fileVersion}). So hashing is paid once after each start of the system, when the bytes come from the disk, and
 * not by every restore: 0.7 s a GiB here, where a whole restore takes 0.1 s. What is never noticed is a disk that gives
 * other bytes later, while the system is up, and does not say so; `layer snapshots verify` reads everything.
 */
export class FileDigests {
  readonly #memo: VersionMemo | undefined;

  constructor(memo: VersionMemo | undefined) {
    this.#memo = memo;
  }

  /** Whether the file's sha-256 is one of `wanted` (hex), as far as is known without reading it again. */
  async isOneOf(path: string, wanted: readonly string[]): Promise<boolean> {
    const before = await stat(path, { bigint: true });
    // What is remembered may itself be damaged: it is enough for a yes.
    const known = this.#memo?.get(fileVersion(before));
    if (known !== undefined && wanted.includes(known)) return true;
    const found = await hashFile(path);
    await this.#remember(path, before, found);
    return wanted.includes(found);
  }

  /** As `syncAndHash`, and remembers it. */
  async syncAndHash(path: string): Promise<FileFacts> {
    const before = await stat(path, { bigint: true });
    const facts = await syncAndHash(path);
    await this.#remember(path, before, facts.sha256);
    return facts;
  }

  async #remember(path: string, before: BigIntStats, sha256: string): Promise<void> {
    if (this.#memo === undefined || before.size < ALWAYS_HASHED_BYTES) return;
    const version = fileVersion(before);
    if (isSettled(before) && fileVersion(await stat(path, { bigint: true })) === version)
      this.#memo.set(version, sha256);
  }
}
