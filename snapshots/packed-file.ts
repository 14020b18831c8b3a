import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';

import { syncFolder } from './durable-file.ts';
import { type FileContent, packedPath } from './manifest.ts';

/** 3 is zstd's own default: memory shrinks to a fifth; levels above it cost more time than they save space. */
const LEVEL = 3;
/** Read and written at once. */
const CHUNK_BYTES = 1 << 20;
/** Blocks of zeros become holes, as they were before: a page of memory, and of most file systems. */
const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

export interface PackedFile {
  /** What was read. */
  readonly content: FileContent;
  readonly packed: FileContent & { readonly allocatedBytes: number };
}

/**
 * Writes the packed form beside the file and makes it durable; the file stays. Killed at any instant, it leaves at most a file
 * `NAME.zst.tmp`. An aborted `signal` rejects with its reason.
 */
export async function packFile(path: string, signal?: AbortSignal): Promise<PackedFile> {
  const temporary = `${packedPath(path)}.tmp`;
  const [plain, packed] = [new ContentMeter(), new ContentMeter()];
  const compress = createZstdCompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  await using source = await open(path, 'r');
  await using target = await open(temporary, 'w', 0o600);
  const store = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of packed.measured(chunks)) await target.appendFile(chunk);
  };
  await pipeline(plain.measured(chunksOf(source)), compress, store, signal === undefined ? {} : { signal });
  await target.sync();
  const { blocks } = await target.stat();
  await rename(temporary, packedPath(path));
  await syncFolder(dirname(path));
  return { content: plain.content(), packed: { ...packed.content(), allocatedBytes: blocks * 512 } };
}

/**
 * Makes the file at `path` anew from its packed form, with its holes; the packed form stays. False, and no file, where the
 * packed form is not `packed` or does not give `sizeBytes` bytes. Several processes may do it at once.
 */
export async function unpackFile(path: string, packed: FileContent, sizeBytes: number): Promise<boolean> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const whole = await unpackTo(temporary, packedPath(path), packed, sizeBytes);
    if (!whole) return false;
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function unpackTo(target: string, source: string, packed: FileContent, sizeBytes: number): Promise<boolean> {
  const meter = new ContentMeter();
  await using from = await open(source, 'r');
  await using to = await open(target, 'w', 0o600);
  const writer = new SparseWriter(to, sizeBytes);
  try {
    await pipeline(
      meter.measured(chunksOf(from)),
      createZstdDecompress({ chunkSize: CHUNK_BYTES }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) await writer.write(chunk);
      },
    );
  } catch (error) {
    if (isSystemError(error)) throw error;
    return false;
  }
  const { sizeBytes: length, sha256 } = meter.content();
  if (length !== packed.sizeBytes || sha256 !== packed.sha256 || writer.position !== sizeBytes) return false;
  await writer.end();
  return true;
}

/** Errors of zlib have a code, too, but no system call. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Measures what flows by. */
class ContentMeter {
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  async *measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#hash.update(chunk);
      this.#sizeBytes += chunk.length;
      yield chunk;
    }
  }

  /** Once, at the end. */
  content(): FileContent {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }
}

/** Writes one chunk after the other, and leaves holes where whole blocks are zero. Refuses to grow over `limitBytes`. */
class SparseWriter {
  readonly #file: FileHandle;
  readonly #limitBytes: number;
  position = 0;

  constructor(file: FileHandle, limitBytes: number) {
    this.#file = file;
    this.#limitBytes = limitBytes;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.position + chunk.length > this.#limitBytes)
      throw new Error('A packed file that is longer than it should be');
    for (const [from, to] of stretches(chunk, this.position)) {
      await this.#writeAll(chunk.subarray(from, to), this.position + from);
    }
    this.position += chunk.length;
  }

  async end(): Promise<void> {
    await this.#file.truncate(this.position);
    await this.#file.sync();
  }

  async #writeAll(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  }
}

/** The stretches of a chunk at `position` of a file that do not lie in blocks of zeros: from and to, in as few pieces as possible. */
function* stretches(chunk: Buffer, position: number): Generator<readonly [number, number]> {
  let from: number | null = null;
  for (let at = 0, to = 0; at < chunk.length; at = to) {
    to = Math.min(chunk.length, at + BLOCK_BYTES - ((position + at) % BLOCK_BYTES));
    const isZero = chunk.compare(ZEROS, 0, to - at, at, to) === 0;
    if (isZero && from !== null) yield [from, at];
    from = isZero ? null : (from ?? at);
  }
  if (from !== null) yield [from, chunk.length];
}
