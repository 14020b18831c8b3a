import type { WorkspacePath } from './workspace.ts';

/**
 * What a file system on the host tells of a file beyond what is observed. Guests get none of it (times and owners of the
 * workspace are in no key); a command that is traced on the host should find its files as they are, so that `make` compares
 * real times and git finds what its index remembers.
 */
export interface HostAttributes {
  readonly inode: bigint;
  /** Ids that are mapped in the user namespace of the mount. */
  readonly user: number;
  readonly group: number;
  /** The lowest nine bits of the mode. */
  readonly permissions: number;
  /** Nanoseconds since the epoch. */
  readonly modifiedAtNs: bigint;
  readonly changedAtNs: bigint;
}

/** Null where nothing is at the path. */
export type HostAttributesOf = (path: WorkspacePath) => HostAttributes | null;

const NS_PER_SECOND = 1_000_000_000n;

/** Replaces what the `fuse_attr` at `offset` says, as laid out in fuse-replies.ts. The access time is the modification time. */
export function writeHostAttributes(target: Buffer, offset: number, attributes: HostAttributes): void {
  target.writeBigUInt64LE(attributes.inode, offset);
  for (const [place, time] of [attributes.modifiedAtNs, attributes.modifiedAtNs, attributes.changedAtNs].entries()) {
    const nanoseconds = ((time % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
    target.writeBigInt64LE((time - nanoseconds) / NS_PER_SECOND, offset + 24 + 8 * place);
    target.writeUInt32LE(Number(nanoseconds), offset + 48 + 4 * place);
  }
  const type = target.readUInt32LE(offset + 60) & ~0o7777;
  target.writeUInt32LE((type | attributes.permissions) >>> 0, offset + 60);
  target.writeUInt32LE(attributes.user, offset + 68);
  target.writeUInt32LE(attributes.group, offset + 72);
}
