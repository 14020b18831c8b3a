import { ERRNO, type ErrnoName } from './errno.ts';
import {
  MAX_PAGES,
  MAX_READ_AHEAD_BYTES,
  MODE_TYPES,
  NOTIFY,
  OUT_HEADER_BYTES,
  PAGE_BYTES,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  WANTED_INIT_FLAGS,
} from './fuse-protocol.ts';
import { type InitBody, type Unique, UNIQUE_OFFSET } from './fuse-requests.ts';
import { replyBuffer } from './reply-buffer.ts';
import { type HostAttributes, writeHostAttributes } from './host-attributes.ts';
import type { EntryType } from './workspace.ts';

/**
 * Encoding of what the guest gets: a `fuse_out_header` (len u32, error i32, unique u64) and a body, in one buffer each.
 * Layouts are those of linux/fuse.h, protocol 7.31.
 */

/** How long the guest may keep names and attributes. Nothing changes under one run; across runs they are invalidated. */
const LONG_VALID_SECONDS = 365 * 24 * 3600;

const ATTR_BYTES = 88;
export const ENTRY_BYTES = 40 + ATTR_BYTES;

/** What a node looks like to the guest. Owner, access and change times, link count are the same for all. */
export interface NodeAttributes {
  /** At most 2^53. */
  readonly inode: number;
  readonly type: EntryType;
  readonly executable: boolean;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** On the host: what stands in place of the constants. */
  readonly host?: HostAttributes | null;
}

export interface NodeEntry extends NodeAttributes {
  readonly nodeId: number;
  /** Whether the guest may use these attributes without asking for them (GETATTR). */
  readonly attributesValid: boolean;
}

export function encodeError(unique: Unique, name: ErrnoName): Buffer {
  const reply = beginReply(unique, 0);
  reply.writeInt32LE(-ERRNO[name], 4);
  return reply;
}

export function encodeEmpty(unique: Unique): Buffer {
  return beginReply(unique, 0);
}

/** A reply that is bytes and nothing else: READ, READLINK, READDIR, READDIRPLUS. */
export function encodeBytes(unique: Unique, bytes: Buffer): Buffer {
  const reply = beginHeader(unique, bytes.length);
  bytes.copy(reply, OUT_HEADER_BYTES);
  return reply;
}

/**
 * A reply of up to `length` bytes that `read` puts into the room it is given, or has already; null where it gives none. A copy of
 * each costs as much as reading it.
 */
export function encodeRead(unique: Unique, length: number, read: (room: Buffer) => Buffer | null): Buffer | null {
  const reply = beginHeader(unique, length);
  const room = reply.subarray(OUT_HEADER_BYTES);
  const bytes = read(room);
  if (bytes === null) return null;
  const count = Math.min(bytes.length, length);
  if (bytes.buffer !== room.buffer || bytes.byteOffset !== room.byteOffset) bytes.copy(room, 0, 0, count);
  reply.writeUInt32LE(OUT_HEADER_BYTES + count, 0);
  return reply.subarray(0, OUT_HEADER_BYTES + count);
}

/** `fuse_init_out`, 64 bytes. A guest that speaks a newer major version gets ours and asks again. */
export function encodeInit(unique: Unique, request: InitBody): Buffer {
  const reply = beginReply(unique, 64);
  const body = OUT_HEADER_BYTES;
  reply.writeUInt32LE(PROTOCOL_MAJOR, body);
  reply.writeUInt32LE(PROTOCOL_MINOR, body + 4);
  reply.writeUInt32LE(Math.max(request.maxReadaheadBytes, MAX_READ_AHEAD_BYTES), body + 8);
  reply.writeUInt32LE((request.flags & WANTED_INIT_FLAGS) >>> 0, body + 12);
  reply.writeUInt16LE(64, body + 16); // max_background: requests in flight that no process waits for
  reply.writeUInt16LE(48, body + 18); // congestion_threshold
  reply.writeUInt32LE(PAGE_BYTES, body + 20); // max_write: the least there is, as nothing is ever written
  reply.writeUInt32LE(1, body + 24); // time_gran, ns
  reply.writeUInt16LE(MAX_PAGES, body + 28);
  return reply;
}

/** `fuse_entry_out`, the answer to a LOOKUP that found something. */
export function encodeEntry(unique: Unique, entry: NodeEntry): Buffer {
  const reply = beginReply(unique, ENTRY_BYTES);
  writeEntry(reply, OUT_HEADER_BYTES, entry);
  return reply;
}

export function entryBody(entry: NodeEntry): Buffer {
  const body = Buffer.alloc(ENTRY_BYTES);
  writeEntry(body, 0, entry);
  return body;
}

/** The answer to a LOOKUP that found nothing: node id 0, which the guest may remember, unlike ENOENT. */
export function encodeAbsent(unique: Unique): Buffer {
  const reply = beginReply(unique, ENTRY_BYTES);
  writeNumber64(reply, OUT_HEADER_BYTES + 16, LONG_VALID_SECONDS);
  return reply;
}

/** `fuse_attr_out`: attr_valid u64, attr_valid_nsec u32, dummy u32, attr. */
export function attributesBody(attributes: NodeAttributes): Buffer {
  const body = Buffer.alloc(16 + ATTR_BYTES);
  writeNumber64(body, 0, LONG_VALID_SECONDS);
  writeAttributes(body, 16, attributes);
  return body;
}

export function encodeAttributes(unique: Unique, attributes: NodeAttributes): Buffer {
  const reply = beginReply(unique, 16 + ATTR_BYTES);
  writeNumber64(reply, OUT_HEADER_BYTES, LONG_VALID_SECONDS);
  writeAttributes(reply, OUT_HEADER_BYTES + 16, attributes);
  return reply;
}

/** `fuse_statfs_out`, 80 bytes: a full read-only file system of unknown size. */
export function encodeStatfs(unique: Unique): Buffer {
  const reply = beginReply(unique, 80);
  reply.writeUInt32LE(PAGE_BYTES, OUT_HEADER_BYTES + 40); // bsize
  reply.writeUInt32LE(255, OUT_HEADER_BYTES + 44); // namelen
  reply.writeUInt32LE(PAGE_BYTES, OUT_HEADER_BYTES + 48); // frsize
  return reply;
}

/** `fuse_notify_inval_inode_out`: ino u64, off i64, len i64 (0: to the end). Drops attributes and all cached pages. */
export function encodeInvalidateNode(nodeId: number): Buffer {
  const message = beginReply(null, 24);
  message.writeInt32LE(NOTIFY.invalInode, 4);
  writeNumber64(message, OUT_HEADER_BYTES, nodeId);
  return message;
}

/** `fuse_notify_inval_entry_out`: parent u64, namelen u32, flags u32, then the name and NUL. Drops a name, absent or not. */
export function encodeInvalidateName(parentId: number, name: string): Buffer {
  const message = beginReply(null, 16 + name.length + 1);
  message.writeInt32LE(NOTIFY.invalEntry, 4);
  writeNumber64(message, OUT_HEADER_BYTES, parentId);
  message.writeUInt32LE(name.length, OUT_HEADER_BYTES + 8);
  message.write(name, OUT_HEADER_BYTES + 16, 'latin1');
  return message;
}

/**
 * `fuse_entry_out`: nodeid u64, generation u64, entry_valid u64, attr_valid u64, two u32 of nanoseconds, attr. `target` is
 * zeroed.
 */
export function writeEntry(target: Buffer, offset: number, entry: NodeEntry): void {
  writeNumber64(target, offset, entry.nodeId);
  writeNumber64(target, offset + 16, LONG_VALID_SECONDS);
  writeNumber64(target, offset + 24, entry.attributesValid ? LONG_VALID_SECONDS : 0);
  writeAttributes(target, offset + 40, entry);
}

/**
 * `fuse_attr`: ino, size, blocks, atime, mtime, ctime u64; three u32 of nanoseconds; mode, nlink, uid, gid, rdev, blksize,
 * flags u32. Owner stays 0:0; all three times are the modification time.
 */
function writeAttributes(target: Buffer, offset: number, attributes: NodeAttributes): void {
  const seconds = Math.floor(attributes.modifiedAtMs / 1000);
  const nanoseconds = Math.floor((attributes.modifiedAtMs - seconds * 1000) * 1e6);
  writeNumber64(target, offset, attributes.inode);
  writeNumber64(target, offset + 8, attributes.sizeBytes);
  writeNumber64(target, offset + 16, Math.ceil(attributes.sizeBytes / 512));
  for (const place of [0, 1, 2]) {
    writeNumber64(target, offset + 24 + 8 * place, seconds);
    target.writeUInt32LE(nanoseconds, offset + 48 + 4 * place);
  }
  target.writeUInt32LE(MODE_TYPES[attributes.type] | permissions(attributes), offset + 60);
  target.writeUInt32LE(1, offset + 64);
  target.writeUInt32LE(PAGE_BYTES, offset + 80);
  if (attributes.host != null) writeHostAttributes(target, offset, attributes.host);
}

function permissions({ type, executable }: NodeAttributes): number {
  if (type === 'symlink') return 0o777;
  if (type === 'special') return 0;
  return type === 'folder' || executable ? 0o775 : 0o664;
}

/** A reply whose body is zero. */
function beginReply(unique: Unique | null, bodyBytes: number): Buffer {
  return beginHeader(unique, bodyBytes).fill(0, OUT_HEADER_BYTES);
}

/** A reply whose body is to be written. Without `unique` it is a notification. */
function beginHeader(unique: Unique | null, bodyBytes: number): Buffer {
  const reply = replyBuffer(OUT_HEADER_BYTES + bodyBytes);
  reply.writeUInt32LE(reply.length, 0);
  reply.writeUInt32LE(0, 4);
  if (unique === null) reply.fill(0, 8, OUT_HEADER_BYTES);
  else unique.copy(reply, 8, UNIQUE_OFFSET, UNIQUE_OFFSET + 8);
  return reply;
}

export function writeNumber64(target: Buffer, offset: number, value: number): void {
  target.writeUInt32LE(value % 2 ** 32, offset);
  target.writeUInt32LE(Math.floor(value / 2 ** 32), offset + 4);
}
