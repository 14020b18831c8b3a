import { createHash } from 'node:crypto';
import { createWriteStream, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable, type Writable } from 'node:stream';
import { pipeline as pipelineDone } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';

import { makePrivateFolder } from '../../util/layer-home.ts';
import { makeTemporaryFolder } from '../../util/temporary-folder.ts';
import {
  type CacheIdentity,
  cachesFolder,
  describeCache,
  folderOfCache,
  generationName,
  newestIn,
  type StoredCache,
} from './cache-folder.ts';

/** What there was to read. Damage has been removed already. */
export type CacheReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly why: string }
  | { readonly kind: 'whole'; readonly stored: StoredCache; readonly content: Readable };

/** How often a generation may be replaced between its being found and its being opened. */
const MAX_TRIES = 10;

/**
 * The caches of one `LAYER_HOME` (see cache-folder.ts for their form). Any number of processes may read and save one at the
 * same time: a generation is written under another name and renamed, so the last to end wins, and whoever reads keeps the
 * generation open that it began with.
 */
export class CacheStore {
  readonly #caches: string;

  constructor(home: string) {
    this.#caches = cachesFolder(home);
  }

  /** The newest generation; null where there is none. */
  newest(identity: CacheIdentity): StoredCache | null {
    return newestIn(folderOfCache(this.#caches, identity));
  }

  /** Marks a generation as used now, for people who want to know what nobody uses. */
  touch({ file }: StoredCache): void {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // Replaced meanwhile.
    }
  }

  /** The newest generation's content, checked as a whole before any of it is handed out. */
  async read(identity: CacheIdentity): Promise<CacheReading> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const stored = this.newest(identity);
      if (stored === null) return { kind: 'none' };
      const handle = await openIfThere(stored.file);
      if (handle === null) continue;
      const sha256 = await hashOf(handle).catch((error: unknown) => String(error));
      if (sha256 === stored.sha256) return { kind: 'whole', stored, content: contentOf(handle) };
      await handle.close();
      this.drop(stored);
      return { kind: 'damaged', why: 'its checksum is wrong' };
    }
    return { kind: 'none' };
  }

  drop({ file }: StoredCache): void {
    rmSync(file, { force: true });
  }

  /**
   * Stores what `write` writes as the newest generation. `write` ends its output, and gives up when its signal is aborted:
   * the disk is full. Where it or the disk fails, this throws and what was stored before stays.
   */
  async save(
    identity: CacheIdentity,
    generation: string,
    write: (output: Writable, signal: AbortSignal) => Promise<void>,
  ): Promise<StoredCache> {
    makePrivateFolder(this.#caches);
    const scratch = makeTemporaryFolder('saving', this.#caches);
    try {
      const content = join(scratch, 'content');
      const sha256 = await store(content, write);
      return await this.#publish(identity, generation, content, sha256);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  async #publish(identity: CacheIdentity, generation: string, content: string, sha256: string): Promise<StoredCache> {
    const folder = makePrivateFolder(folderOfCache(this.#caches, identity));
    describeCache(folder, identity);
    // A clock that was set back must not make this one the older.
    const savedAtMs = Math.max(Date.now(), (newestIn(folder)?.savedAtMs ?? 0) + 1);
    renameSync(content, join(folder, generationName({ savedAtMs, generation, sha256 })));
    await syncFolder(folder);
    const newest = newestIn(folder);
    if (newest === null) throw new Error('the cache was removed while it was saved');
    // Whoever publishes last sees all others, and leaves the newest.
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.tar.zst') && join(folder, name) < newest.file) rmSync(join(folder, name), { force: true });
    }
    return newest;
  }
}

/** Compresses what `write` writes into a new file and makes it durable. Resolves to the file's sha-256. */
async function store(file: string, write: (output: Writable, signal: AbortSignal) => Promise<void>): Promise<string> {
  const hash = createHash('sha256');
  const compress = createZstdCompress();
  const failed = new AbortController();
  const hashed = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const stored = pipelineDone(compress, hashed, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }));
  stored.catch((error: unknown) => failed.abort(error));
  try {
    await write(compress, failed.signal);
    await stored;
    return hash.digest('hex');
  } catch (error) {
    const cause: unknown = failed.signal.aborted ? failed.signal.reason : error;
    compress.destroy();
    await stored.catch(() => undefined);
    throw cause;
  }
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Closes the file when it was read to its end or is destroyed. */
function contentOf(handle: FileHandle): Readable {
  return pipeline(handle.createReadStream({ start: 0 }), createZstdDecompress(), () => undefined);
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}
