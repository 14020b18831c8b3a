import { type BigIntStats, lstatSync } from 'node:fs';

import type { HostAttributes, HostAttributesOf } from '../../fs-tracer/index.ts';

/**
 * How the files below `root` look to this user. In a user namespace there are no others: all files seem to be this user's
 * own. Opening one that is not readable is refused all the same.
 */
export function attributesOnHost(root: string, isOnlyUser: boolean): HostAttributesOf {
  const own = isOnlyUser ? { user: process.geteuid?.() ?? 0, group: process.getegid?.() ?? 0 } : null;
  const prefix = Buffer.from(`${root}/`, 'utf8');
  return (path) => {
    const stats = look(path === '' ? root : Buffer.concat([prefix, Buffer.from(path, 'latin1')]));
    return stats === undefined ? null : { ...attributesOf(stats), ...own };
  };
}

function look(path: string | Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function attributesOf(stats: BigIntStats): HostAttributes {
  return {
    inode: stats.ino,
    user: Number(stats.uid),
    group: Number(stats.gid),
    permissions: Number(stats.mode & 0o777n),
    modifiedAtNs: stats.mtimeNs,
    changedAtNs: stats.ctimeNs,
  };
}
