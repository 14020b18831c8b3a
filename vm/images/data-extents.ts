import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';

/** Part of a file that is no hole, in bytes; the end is not part of it. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

const LIMIT_MS = 60_000;

/** Where a file has data, ascending. Node cannot ask for holes (lseek(2)), qemu-img can; without it the whole file counts. */
export async function dataExtents(path: string): Promise<readonly Extent[]> {
  const { size, blocks } = statSync(path);
  if (blocks * 512 >= size) return [{ start: 0, end: size }];
  try {
    const { stdout } = await promisify(execFile)('qemu-img', ['map', '--output=json', '-f', 'raw', path], {
      timeout: LIMIT_MS,
      maxBuffer: 1 << 28,
    });
    const mapped = JSON.parse(stdout) as readonly { start: number; length: number; data: boolean }[];
    return mapped
      .filter(({ data }) => data)
      .map(({ start, length }) => ({ start, end: Math.min(size, start + length) }));
  } catch {
    return [{ start: 0, end: size }];
  }
}
