import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 2 ** 10;
const LINE_FEED = 10;

/** What stands at `position` of a file, at most 64 KiB; empty at its end, and where there is no file. */
export async function chunkAt(path: string, position: number): Promise<Buffer> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  } finally {
    await file?.close();
  }
}

/** Bytes of a file; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    return (await file.stat()).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  } finally {
    await file?.close();
  }
}

/** Cuts a last line off that a killed server has written half of, and puts `line` there, as a line of its own. Makes the file where there is none. */
export function mendLog(path: string, line: string): void {
  const descriptor = openSync(path, openFlags(path), 0o600);
  try {
    const size = endOfLines(descriptor);
    ftruncateSync(descriptor, size);
    writeSync(descriptor, `${line}\n`, size);
  } finally {
    closeSync(descriptor);
  }
}

function openFlags(path: string): string {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return 'r+';
}

/** The byte after the last line feed. */
function endOfLines(descriptor: number): number {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let end = fstatSync(descriptor).size; end > 0; ) {
    const from = Math.max(0, end - CHUNK_BYTES);
    const read = readSync(descriptor, chunk, 0, end - from, from);
    const last = chunk.subarray(0, read).lastIndexOf(LINE_FEED);
    if (last >= 0) return from + last + 1;
    end = from;
  }
  return 0;
}
