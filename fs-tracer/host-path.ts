import type { WorkspacePath } from './workspace.ts';

/** A path for `node:fs`: text where that is exact, bytes where the name is not ASCII and so may be no valid UTF-8. */
export type HostPath = string | Buffer;

/** Where `path` of the workspace at `root` (an absolute path, as text) is on the host. */
export function hostPath(root: string, path: WorkspacePath): HostPath {
  if (path === '') return root;
  // A root of '/' gives '//name', which Linux takes as '/name'.
  if (!/[\x80-\xff]/.test(path)) return `${root}/${path}`;
  return Buffer.concat([Buffer.from(`${root}/`, 'utf8'), Buffer.from(path, 'latin1')]);
}
