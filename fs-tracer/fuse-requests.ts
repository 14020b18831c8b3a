import { IN_HEADER_BYTES } from './fuse-protocol.ts';

/**
 * Decoding of what the guest sends. A request is a `fuse_in_header` (len u32, opcode u32, unique u64, nodeid u64, uid u32,
 * gid u32, pid u32, total_extlen u16, padding u16) and a body that depends on the opcode. Bodies may be longer than what is
 * decoded here (newer kernels append fields) and are null where they are too short.
 */
export interface RequestHeader {
  readonly lengthBytes: number;
  readonly opcode: number;
  readonly unique: Unique;
  /** Inexact beyond 2^53, where no node of ours is. */
  readonly nodeId: number;
}

/** The number of a request, to be echoed in its reply: the message itself, which holds it in 8 bytes that nobody reads. */
export type Unique = Buffer;
export const UNIQUE_OFFSET = 8;

export interface InitBody {
  readonly major: number;
  readonly minor: number;
  readonly maxReadaheadBytes: number;
  readonly flags: number;
}

/** The part that READ, READDIR and READDIRPLUS share. */
export interface ReadBody {
  /** Inexact beyond 2^53. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** `message` holds at least {@link IN_HEADER_BYTES} bytes: the frame splitter sees to it. */
export function decodeHeader(message: Buffer): RequestHeader {
  return {
    lengthBytes: message.readUInt32LE(0),
    opcode: message.readUInt32LE(4),
    unique: message,
    nodeId: readNumber64(message, 16),
  };
}

/** `fuse_init_in`: major u32, minor u32, max_readahead u32, flags u32. */
export function decodeInit(message: Buffer): InitBody | null {
  if (message.length < IN_HEADER_BYTES + 16) return null;
  return {
    major: message.readUInt32LE(IN_HEADER_BYTES),
    minor: message.readUInt32LE(IN_HEADER_BYTES + 4),
    maxReadaheadBytes: message.readUInt32LE(IN_HEADER_BYTES + 8),
    flags: message.readUInt32LE(IN_HEADER_BYTES + 12),
  };
}

/** `fuse_read_in`: fh u64, offset u64, size u32, and more that is not used. */
export function decodeRead(message: Buffer): ReadBody | null {
  if (message.length < IN_HEADER_BYTES + 20) return null;
  return {
    offset: readNumber64(message, IN_HEADER_BYTES + 8),
    sizeBytes: message.readUInt32LE(IN_HEADER_BYTES + 16),
  };
}

/** LOOKUP's body: one name, ended by NUL. Latin1, unchecked but for the NUL. */
export function decodeName(message: Buffer): string | null {
  const end = message.indexOf(0, IN_HEADER_BYTES);
  if (end === -1) return null;
  // Bytes after the NUL are either extensions (announced in total_extlen) or nonsense.
  const extensionBytes = message.readUInt16LE(36) * 8;
  if (end + 1 + extensionBytes !== message.length) return null;
  return message.toString('latin1', IN_HEADER_BYTES, end);
}

/** `fuse_open_in`: flags u32. */
export function decodeOpenFlags(message: Buffer): number | null {
  return message.length < IN_HEADER_BYTES + 4 ? null : message.readUInt32LE(IN_HEADER_BYTES);
}

function readNumber64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + 4) * 2 ** 32 + buffer.readUInt32LE(offset);
}
