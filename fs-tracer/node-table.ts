import { hash } from 'node:crypto';

import { ROOT_NODE_ID } from './fuse-protocol.ts';
import { parentPath } from './workspace-path.ts';
import type { EntryType } from './workspace.ts';

/** A path of the mounted file system, latin1: '' is its root, then the view's index, then the path inside the view. */
export type MountPath = string;

/** A file, folder, symlink or special file that the guest knows by number. */
export interface NodeRecord {
  readonly id: number;
  readonly path: MountPath;
  readonly type: EntryType;
  /** Deterministic: the same path has the same number in every run of every lineage. */
  readonly inode: number;
  /** Start of the run in which this lineage first saw the node's present content. */
  readonly modifiedAtMs: number;
}

/**
 * Who is who: node ids are given once and never reused, so that the guest's inodes, open files and working directories
 * stay valid after a restore (the table is saved with the snapshot, see tracer-state.ts). FORGET is ignored: the table is
 * bounded by what the workspace holds. A path whose type changed gets a new id, because the guest's kernel refuses an inode
 * that turns from file to folder; the old id stays known and is answered ESTALE.
 */
export class NodeTable {
  readonly #byId = new Map<number, NodeRecord>();
  readonly #byPath = new Map<MountPath, NodeRecord>();
  #nextId = ROOT_NODE_ID;

  /** A table as it was saved: records in the order of their ids, the root first. */
  static restore(records: readonly NodeRecord[], nextId: number): NodeTable {
    const table = new NodeTable();
    for (const record of records) table.#put(record);
    table.#nextId = nextId;
    return table;
  }

  /** A table that holds the root only. */
  static create(runStartedAtMs: number): NodeTable {
    const table = new NodeTable();
    table.nodeFor('', 'folder', runStartedAtMs);
    return table;
  }

  get(id: number): NodeRecord | undefined {
    return this.#byId.get(id);
  }

  /** The node that last stood at `path`. */
  at(path: MountPath): NodeRecord | undefined {
    return this.#byPath.get(path);
  }

  /** Whether `node` is what stands at its path, not what stood there before. */
  isCurrent(node: NodeRecord): boolean {
    return this.#byPath.get(node.path)?.id === node.id;
  }

  /** The node for `path`: the known one if it has this type, else a new one dated `runStartedAtMs`. */
  nodeFor(path: MountPath, type: EntryType, runStartedAtMs: number): NodeRecord {
    const known = this.#byPath.get(path);
    if (known?.type === type) return known;
    const record = { id: this.#nextId++, path, type, inode: inodeOf(path), modifiedAtMs: runStartedAtMs };
    this.#put(record);
    return record;
  }

  /** Dates the node to a newer run, because its content is not what the lineage saw before. */
  touch(node: NodeRecord, runStartedAtMs: number): void {
    this.#put({ ...node, modifiedAtMs: runStartedAtMs });
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** In the order of their ids. */
  records(): readonly NodeRecord[] {
    return [...this.#byId.values()];
  }

  /** The nodes that stand in each folder now. */
  children(): ReadonlyMap<MountPath, readonly NodeRecord[]> {
    const nodes = [...this.#byPath.values()].filter(({ path }) => path !== '');
    return Map.groupBy(nodes, ({ path }) => parentPath(path) ?? '');
  }

  #put(record: NodeRecord): void {
    this.#byId.set(record.id, record);
    const known = this.#byPath.get(record.path);
    if (known === undefined || known.id <= record.id) this.#byPath.set(record.path, record);
  }
}

/** Room for a path: what is longer gets a buffer of its own. */
const scratch = Buffer.alloc(4096);

/** The first 53 bits of the path's sha-256, never 0 or 1: exact as a JavaScript number and in 64-bit `st_ino`. */
export function inodeOf(path: MountPath): number {
  if (path === '') return ROOT_NODE_ID;
  const isShort = path.length <= scratch.length;
  const bytes = isShort ? scratch.subarray(0, scratch.write(path, 'latin1')) : Buffer.from(path, 'latin1');
  // In one call and without objects: a listing asks for thousands (1.8 us with createHash, 0.6 us so).
  const digest = hash('sha256', bytes, 'binary');
  const inode = (wordOf(digest, 0) & 0x1fffff) * 2 ** 32 + (wordOf(digest, 4) >>> 0);
  return Math.max(inode, ROOT_NODE_ID + 1);
}

/** Four bytes, little endian. */
function wordOf(latin1: string, at: number): number {
  const byte = (index: number): number => latin1.charCodeAt(at + index);
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
}
