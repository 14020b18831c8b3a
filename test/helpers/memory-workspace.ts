import { createHash } from 'node:crypto';

import type { ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from '../../fs-tracer/index.ts';

type Thing =
  | { readonly type: 'file'; readonly bytes: Buffer; readonly executable: boolean }
  | { readonly type: 'folder' }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'special' };

/**
 * A workspace in memory for unit tests. Paths and names are latin1, as in `WorkspacePath`. Every change gives what it
 * changes, and the folder it is in, a new identity, as a real file system does.
 */
export class MemoryWorkspace implements Workspace {
  readonly #things = new Map<string, Thing>([['', { type: 'folder' }]]);
  readonly #versions = new Map<string, number>();
  #clock = 0;

  /** `{ 'src/main.c': 'text', 'bin/tool': { text, executable: true } }`: folders on the way are made. */
  static of(files: Readonly<Record<string, string>>): MemoryWorkspace {
    const workspace = new MemoryWorkspace();
    for (const [path, text] of Object.entries(files)) workspace.write(path, text);
    return workspace;
  }

  write(path: string, text: string | Buffer, executable = false): this {
    return this.#put(path, { type: 'file', bytes: Buffer.from(text), executable });
  }

  makeFolder(path: string): this {
    return this.#put(path, { type: 'folder' });
  }

  makeLink(path: string, target: string): this {
    return this.#put(path, { type: 'symlink', target });
  }

  makeSpecial(path: string): this {
    return this.#put(path, { type: 'special' });
  }

  /** Changes the identity and nothing else. */
  touch(path: string): this {
    this.#versions.set(path, ++this.#clock);
    return this;
  }

  remove(path: string): this {
    for (const other of [...this.#things.keys()]) {
      if (other === path || other.startsWith(`${path}/`)) this.#things.delete(other);
    }
    return this.touch(parentOf(path));
  }

  entry(path: WorkspacePath): WorkspaceEntry | null {
    const thing = this.#things.get(path);
    if (thing === undefined) return null;
    if (thing.type === 'file') return { type: 'file', executable: thing.executable, sizeBytes: thing.bytes.length };
    return { type: thing.type, executable: false, sizeBytes: thing.type === 'symlink' ? thing.target.length : 0 };
  }

  list(path: WorkspacePath): readonly ListedEntry[] | null {
    if (this.#things.get(path)?.type !== 'folder') return null;
    return [...this.#things]
      .filter(([other]) => other !== '' && parentOf(other) === path)
      .map(([other, { type }]) => ({ name: other.slice(path === '' ? 0 : path.length + 1), type }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  readLink(path: WorkspacePath): string | null {
    const thing = this.#things.get(path);
    return thing?.type === 'symlink' ? thing.target : null;
  }

  read(path: WorkspacePath, offset: number, length: number): Buffer | null {
    return this.#bytes(path)?.subarray(offset, offset + length) ?? null;
  }

  digest(path: WorkspacePath): string | null {
    const bytes = this.#bytes(path);
    return bytes === null ? null : createHash('sha256').update(bytes).digest('hex');
  }

  identity(path: WorkspacePath): string {
    return this.#things.has(path) ? `version ${String(this.#versions.get(path) ?? 0)}` : '';
  }

  #bytes(path: WorkspacePath): Buffer | null {
    const thing = this.#things.get(path);
    return thing?.type === 'file' ? thing.bytes : null;
  }

  #put(path: string, thing: Thing): this {
    const parent = parentOf(path);
    if (path !== '' && this.#things.get(parent)?.type !== 'folder') this.makeFolder(parent);
    if (!this.#things.has(path)) this.touch(parent);
    this.#things.set(path, thing);
    return this.touch(path);
  }
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
