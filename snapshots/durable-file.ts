import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes read at once while hashing: big enough that the thread pool's round trips do not count. */
const CHUNK_BYTES = 4 * 1024 * 1024;

export interface FileFacts {
  readonly sizeBytes: number;
  /** Allocated on disk: less than the size where the file has holes. */
  readonly allocatedBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Writes `path` so that after a crash it has either all of `bytes` or its former content: temporary name, fsync, rename. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  {
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(bytes);
    await file.sync();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes the names in a folder survive a power cut (fsync(2): a new entry needs the folder synced too). */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** Makes a file's bytes survive a power cut, and says what they are. */
export async function syncAndHash(path: string): Promise<FileFacts> {
  await using file = await open(path, 'r');
  await file.sync();
  const { size, blocks } = await file.stat();
  return { sizeBytes: size, allocatedBytes: blocks * 512, sha256: await hashOpenFile(file, size) };
}

/** Lower-case hex sha-256 of a file. */
export async function hashFile(path: string): Promise<string> {
  await using file = await open(path, 'r');
  return await hashOpenFile(file, (await file.stat()).size);
}

/** `sizeBytes`: about; it is read to its end. */
async function hashOpenFile(file: Awaited<ReturnType<typeof open>>, sizeBytes: number): Promise<string> {
  const digest = createHash('sha256');
  // A small file in a big buffer costs a collection of all garbage every few files.
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes + 1));
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return digest.digest('hex');
    digest.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}
