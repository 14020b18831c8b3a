import { closeSync } from 'node:fs';

import { openSaved, readFully } from './memory-delta.ts';

const MAGIC = 'QFI\u{fb}';
/** The header: magic, u32 version, u64 offset of the backing file's name, u32 its length (QEMU's docs/interop/qcow2.txt). */
const HEADER_BYTES = 20;
/** The name is limited to this many bytes. */
const LONGEST_NAME = 1023;

/** The file that a saved disk is laid over, as it is named in it; null where there is none. Throws `SNAPSHOT_DAMAGED`. */
export function backingFileOf(disk: string): string | null {
  const descriptor = openSaved(disk);
  try {
    const header = readFully(descriptor, HEADER_BYTES, 0, disk);
    const [offset, length] = [Number(header.readBigUInt64BE(8)), header.readUInt32BE(16)];
    if (header.toString('latin1', 0, 4) !== MAGIC || offset === 0 || length > LONGEST_NAME) return null;
    return readFully(descriptor, length, offset, disk).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}
