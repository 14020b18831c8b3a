import { closeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { LayerError } from '../util/layer-error.ts';
import { openSaved, readFully } from './memory-delta.ts';

/** QEMU docs/interop/qcow2.txt: all numbers are big endian. */
const MAGIC = 0x51_46_49_fb;
const BACKING_OFFSET = 8;
const BACKING_SIZE = 16;
const HEADER_BYTES = 20;
const MAX_NAME_BYTES = 1023;
/** More than any chain that can still be opened in a time worth waiting for. */
const MAX_FILES = 1000;

/**
 * The files a disk lies in, the newest first: a qcow2 file, its backing file, and so on. The last one is what is not qcow2
 * or has no backing file. Throws `SNAPSHOT_DAMAGED` where a file is missing or cut short.
 */
export function diskChain(file: string): readonly string[] {
  const chain = [file];
  for (let below = backingFile(file); below !== null; below = backingFile(below)) {
    if (chain.push(below) > MAX_FILES) throw new LayerError('SNAPSHOT_DAMAGED', `${file} lies on itself`);
  }
  return chain;
}

function backingFile(file: string): string | null {
  const fd = openSaved(file);
  try {
    const header = readFully(fd, HEADER_BYTES, 0, file);
    if (header.readUInt32BE(0) !== MAGIC) return null;
    const [offset, size] = [Number(header.readBigUInt64BE(BACKING_OFFSET)), header.readUInt32BE(BACKING_SIZE)];
    if (offset === 0) return null;
    if (size === 0 || size > MAX_NAME_BYTES) throw new LayerError('SNAPSHOT_DAMAGED', `${file} is not a whole disk`);
    return resolve(dirname(file), readFully(fd, size, offset, file).toString());
  } finally {
    closeSync(fd);
  }
}
