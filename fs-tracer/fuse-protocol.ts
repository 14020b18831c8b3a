/**
 * Numbers of the FUSE protocol 7.31 and later (linux/fuse.h). All integers on the wire are little endian (x86-64, arm64).
 * Layouts are with their codecs: fuse-requests.ts (guest to host), fuse-replies.ts and fuse-directory.ts (host to guest).
 */
const OPERATIONS = {
  1: 'lookup',
  2: 'forget',
  3: 'getattr',
  4: 'setattr',
  5: 'readlink',
  6: 'symlink',
  8: 'mknod',
  9: 'mkdir',
  10: 'unlink',
  11: 'rmdir',
  12: 'rename',
  13: 'link',
  14: 'open',
  15: 'read',
  16: 'write',
  17: 'statfs',
  18: 'release',
  20: 'fsync',
  21: 'setxattr',
  22: 'getxattr',
  23: 'listxattr',
  24: 'removexattr',
  25: 'flush',
  26: 'init',
  27: 'opendir',
  28: 'readdir',
  29: 'releasedir',
  30: 'fsyncdir',
  31: 'getlk',
  32: 'setlk',
  33: 'setlkw',
  34: 'access',
  35: 'create',
  36: 'interrupt',
  37: 'bmap',
  38: 'destroy',
  39: 'ioctl',
  40: 'poll',
  41: 'notify_reply',
  42: 'batch_forget',
  43: 'fallocate',
  44: 'readdirplus',
  45: 'rename2',
  46: 'lseek',
  47: 'copy_file_range',
  48: 'setupmapping',
  49: 'removemapping',
  50: 'syncfs',
  51: 'tmpfile',
  0x4c59: 'notes',
} as const;

export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS] | 'unknown';

/** The operation with this opcode; opcodes newer than ours are `unknown`. */
export function operationOf(opcode: number): Operation {
  return (OPERATIONS as Readonly<Record<number, Operation>>)[opcode] ?? 'unknown';
}

/** `fuse_init_out.flags` that this server asks for; it gets those that the guest's kernel offers too. */
export const WANTED_INIT_FLAGS =
  (1 << 0) | // ASYNC_READ: several reads of one file in flight
  (1 << 13) | // DO_READDIRPLUS without READDIRPLUS_AUTO: a listing never costs LOOKUPs
  (1 << 17) | // NO_OPEN_SUPPORT: ENOSYS to the first OPEN stops all
  (1 << 18) | // PARALLEL_DIROPS
  (1 << 22) | // MAX_PAGES: reads up to MAX_READ_BYTES
  (1 << 23) | // CACHE_SYMLINKS
  (1 << 24) | // NO_OPENDIR_SUPPORT
  (1 << 25); // EXPLICIT_INVAL_DATA: cached pages go only when we say so

export const PROTOCOL_MAJOR = 7;
/** The oldest minor version that has all of {@link WANTED_INIT_FLAGS} (Linux 5.4 speaks 7.31). */
export const PROTOCOL_MINOR = 31;

export const PAGE_BYTES = 4096;
/** A kernel that reads ahead has up to four requests under way; so many of replies this long fit the guest's window, wherever in it they begin. */
export const MAX_PAGES = 128;
export const MAX_READ_BYTES = MAX_PAGES * PAGE_BYTES;
/** The guest's helper asks its kernel to read this far ahead (vm/guest/pump.c). */
export const MAX_READ_AHEAD_BYTES = 2 * MAX_READ_BYTES;
/** Longest message in either direction, as the guest's helper takes it: of what is sent ahead. */
export const MAX_MESSAGE_BYTES = (1 << 20) + 64 * 1024;

export const IN_HEADER_BYTES = 40;
export const OUT_HEADER_BYTES = 16;
export const ROOT_NODE_ID = 1;

/** File type bits of st_mode (sys/stat.h); a dirent's type is these shifted right by 12. */
export const MODE_TYPES = { file: 0o100000, folder: 0o040000, symlink: 0o120000, special: 0o140000 } as const;

/** Opcodes that this server names itself. */
export const OPCODES = { lookup: 1, getattr: 3, read: 15, readdirplus: 44 } as const;

/** Opcode, and `error` of what is no reply, of messages that are ours: see ahead-messages.ts. No opcode of Linux is near. */
export const AHEAD = 0x4c59;

/** `fuse_notify_code`s, sent where a reply has its error. */
export const NOTIFY = { invalInode: 2, invalEntry: 3 } as const;
