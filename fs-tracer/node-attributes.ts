import type { NodeAttributes } from './fuse-replies.ts';
import type { NodeRecord } from './node-table.ts';
import type { WorkspaceEntry } from './workspace.ts';

/** What `st_size` of a folder says; the kernel and tools want something that is not 0. */
const FOLDER_SIZE_BYTES = 4096;

/** What the guest is told of a node that is `found` in the workspace. */
export function attributesOf(node: NodeRecord, found: WorkspaceEntry): NodeAttributes {
  return {
    inode: node.inode,
    type: node.type,
    executable: found.executable,
    sizeBytes: found.type === 'folder' ? FOLDER_SIZE_BYTES : found.sizeBytes,
    modifiedAtMs: node.modifiedAtMs,
  };
}
