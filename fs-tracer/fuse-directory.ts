import { MODE_TYPES } from './fuse-protocol.ts';
import { ENTRY_BYTES, type NodeEntry, writeEntry, writeNumber64 } from './fuse-replies.ts';
import type { EntryType } from './workspace.ts';

/**
 * The bodies of READDIR and READDIRPLUS: `fuse_dirent`s (ino u64, off u64, namelen u32, type u32, name, padded to 8 bytes),
 * in READDIRPLUS each after a `fuse_entry_out`. `off` is where the next request goes on: the number of entries so far.
 */
export interface DirectoryEntry {
  /** Latin1. */
  readonly name: string;
  readonly type: EntryType;
  readonly inode: number;
}

const DIRENT_BYTES = 24;

export interface PackedPage {
  readonly bytes: Buffer;
  /** Where the next request goes on. */
  readonly end: number;
}

/** Packs whole entries from number `start` on into at most `limitBytes`. `describe` is asked for READDIRPLUS only. */
export function packDirectory(
  entries: readonly DirectoryEntry[],
  start: number,
  limitBytes: number,
  describe: ((entry: DirectoryEntry, index: number) => NodeEntry | null) | null,
): PackedPage {
  const prefixBytes = describe === null ? 0 : ENTRY_BYTES;
  const end = fittingEnd(entries, start, limitBytes, prefixBytes);
  const bytes = Buffer.alloc(packedBytes(entries.slice(start, end), prefixBytes));
  let offset = 0;
  for (const [index, entry] of entries.slice(start, end).entries()) {
    const node = describe?.(entry, start + index) ?? null;
    if (node !== null) writeEntry(bytes, offset, node);
    writeDirent(bytes, offset + prefixBytes, entry, start + index + 1);
    offset += recordBytes(entry, prefixBytes);
  }
  return { bytes, end };
}

function fittingEnd(
  entries: readonly DirectoryEntry[],
  start: number,
  limitBytes: number,
  prefixBytes: number,
): number {
  let used = 0;
  for (let index = start; ; index++) {
    const entry = entries[index];
    if (entry === undefined) return Math.max(index, start);
    used += recordBytes(entry, prefixBytes);
    if (used > limitBytes) return index;
  }
}

function packedBytes(entries: readonly DirectoryEntry[], prefixBytes: number): number {
  return entries.reduce((sum, entry) => sum + recordBytes(entry, prefixBytes), 0);
}

function recordBytes(entry: DirectoryEntry, prefixBytes: number): number {
  return prefixBytes + ((DIRENT_BYTES + entry.name.length + 7) & ~7);
}

function writeDirent(target: Buffer, offset: number, entry: DirectoryEntry, next: number): void {
  writeNumber64(target, offset, entry.inode);
  writeNumber64(target, offset + 8, next);
  target.writeUInt32LE(entry.name.length, offset + 16);
  target.writeUInt32LE(MODE_TYPES[entry.type] >>> 12, offset + 20);
  target.write(entry.name, offset + DIRENT_BYTES, 'latin1');
}
