/**
 * A machine's disk file when it is new: an empty qcow2 file over another one, which must never change again
 * (QEMU docs/interop/qcow2.txt; all numbers big endian).
 *
 *     cluster 0   header, its extensions (the backing file's format), the backing file's name
 *     cluster 1   refcount table: one entry
 *     cluster 2   refcount block: 16 bits a cluster
 *     cluster 3.. the L1 table: nothing is allocated
 *
 * It is written here, not by `qemu-img create`: that takes a process (15 ms on an idle host) at each save and restore, and a
 * file that is there already can be put under a stopped machine in 2 ms. Clusters have 64 KiB in subclusters of 2 KiB
 * (extended L2): `npm run bench:disk` says what that saves.
 */
import { closeSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';

import { LayerError } from '../util/layer-error.ts';

const CLUSTER_BITS = 16;
const CLUSTER_BYTES = 1 << CLUSTER_BITS;
/** Entries of 16 bytes: extended L2. */
const L2_ENTRIES = CLUSTER_BYTES / 16;
const EXTENDED_L2 = 1n << 4n;
const MAGIC = 0x51_46_49_fb;
const VERSION = 3;
const HEADER_BYTES = 112;
const FORMAT_EXTENSION = 0xe2_79_2a_ca;
const REFCOUNT_ORDER = 4;
/** Where `size` is in the header of any version. */
const SIZE_OFFSET = 24;

type DiskFormat = 'raw' | 'qcow2';

/** Throws `CACHE_UNUSABLE` where the file cannot be written, or the one below cannot be read. */
export function createOverlay(path: string, backing: string, backingFormat: DiskFormat): void {
  try {
    writeOverlay(path, backing, backingFormat);
  } catch (cause) {
    throw new LayerError('CACHE_UNUSABLE', `The disk file ${path} could not be made`, {
      cause,
      hint: 'Is the disk full? `layer prune` frees space.',
    });
  }
}

function writeOverlay(path: string, backing: string, backingFormat: DiskFormat): void {
  const diskBytes = virtualBytes(backing, backingFormat);
  const l1Entries = Math.ceil(diskBytes / (L2_ENTRIES * CLUSTER_BYTES));
  const clusters = 3 + Math.ceil((l1Entries * 8) / CLUSTER_BYTES);
  const refcounts = Buffer.alloc(clusters * 2);
  for (let cluster = 0; cluster < clusters; cluster++) refcounts.writeUInt16BE(1, cluster * 2);
  const refcountTable = Buffer.alloc(8);
  refcountTable.writeBigUInt64BE(BigInt(2 * CLUSTER_BYTES));
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeSync(fd, header({ diskBytes, l1Entries, backing, backingFormat }), 0, undefined, 0);
    writeSync(fd, refcountTable, 0, undefined, CLUSTER_BYTES);
    writeSync(fd, refcounts, 0, undefined, 2 * CLUSTER_BYTES);
    ftruncateSync(fd, clusters * CLUSTER_BYTES);
  } finally {
    closeSync(fd);
  }
}

interface Overlay {
  readonly diskBytes: number;
  readonly l1Entries: number;
  readonly backing: string;
  readonly backingFormat: DiskFormat;
}

function header({ diskBytes, l1Entries, backing, backingFormat }: Overlay): Buffer {
  const extension = Buffer.alloc(16 + 8);
  extension.writeUInt32BE(FORMAT_EXTENSION, 0);
  extension.writeUInt32BE(extension.write(backingFormat, 8), 4);
  const name = Buffer.from(backing);
  const fixed = Buffer.alloc(HEADER_BYTES);
  fixed.writeUInt32BE(MAGIC, 0);
  fixed.writeUInt32BE(VERSION, 4);
  fixed.writeBigUInt64BE(BigInt(HEADER_BYTES + extension.length), 8);
  fixed.writeUInt32BE(name.length, 16);
  fixed.writeUInt32BE(CLUSTER_BITS, 20);
  fixed.writeBigUInt64BE(BigInt(diskBytes), SIZE_OFFSET);
  fixed.writeUInt32BE(l1Entries, 36);
  fixed.writeBigUInt64BE(BigInt(3 * CLUSTER_BYTES), 40);
  fixed.writeBigUInt64BE(BigInt(CLUSTER_BYTES), 48);
  fixed.writeUInt32BE(1, 56);
  fixed.writeBigUInt64BE(EXTENDED_L2, 72);
  fixed.writeUInt32BE(REFCOUNT_ORDER, 96);
  fixed.writeUInt32BE(HEADER_BYTES, 100);
  return Buffer.concat([fixed, extension, name]);
}

function virtualBytes(file: string, format: DiskFormat): number {
  if (format === 'raw') return statSync(file).size;
  const fd = openSync(file, 'r');
  try {
    const head = Buffer.alloc(SIZE_OFFSET + 8);
    const count = readSync(fd, head, 0, head.length, 0);
    if (count < head.length || head.readUInt32BE(0) !== MAGIC) throw new Error(`${file} is no qcow2 file`);
    return Number(head.readBigUInt64BE(SIZE_OFFSET));
  } finally {
    closeSync(fd);
  }
}
