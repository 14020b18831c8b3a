import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';

import { type HostPath, hostPath } from '../../../fs-tracer/host-path.ts';
import { parentPath } from '../../../fs-tracer/workspace-path.ts';
import type { WorkspacePath } from '../../../fs-tracer/index.ts';

/** One case's part of the workspace, on the host. Paths are latin1, one character a byte, relative to it. */
export class CaseFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    mkdirSync(root, { recursive: true });
  }

  path(path: string): HostPath {
    return hostPath(this.root, path as WorkspacePath);
  }

  /** `text` is UTF-8. */
  write(path: string, text: string | Buffer = '', mode = 0o644): this {
    this.#makeParent(path);
    rmSync(this.path(path), { recursive: true, force: true });
    writeFileSync(this.path(path), text);
    return this.chmod(path, mode);
  }

  makeFolder(path: string): this {
    mkdirSync(this.path(path), { recursive: true });
    return this;
  }

  makeLink(path: string, target: string): this {
    this.#makeParent(path);
    rmSync(this.path(path), { recursive: true, force: true });
    symlinkSync(target, this.path(path));
    return this;
  }

  makeHardLink(path: string, existing: string): this {
    linkSync(this.path(existing), this.path(path));
    return this;
  }

  /** Not blocked by anybody who opens it here: it is only made. */
  makeFifo(path: string): this {
    execFileSync('mkfifo', [`${this.root}/${path}`]);
    return this;
  }

  makeSocket(path: string): this {
    const bind = 'socket(S, PF_UNIX, SOCK_STREAM, 0) and bind(S, sockaddr_un($ARGV[0])) or die $!';
    // A socket's address is short; its folder need not be.
    execFileSync('perl', ['-MSocket', '-e', bind, path], { cwd: this.root });
    return this;
  }

  /** Only root may. */
  makeNullDevice(path: string): this {
    execFileSync('mknod', [`${this.root}/${path}`, 'c', '1', '3']);
    return this;
  }

  chmod(path: string, mode: number): this {
    chmodSync(this.path(path), mode);
    return this;
  }

  rename(path: string, to: string): this {
    renameSync(this.path(path), this.path(to));
    return this;
  }

  remove(path: string): this {
    rmSync(this.path(path), { recursive: true });
    return this;
  }

  /** New content of the same length, written in place, with the old modification time put back. */
  writeUnnoticed(path: string, text: string): this {
    const before = lstatSync(this.path(path));
    if (Buffer.byteLength(text) !== before.size) throw new Error(`${path} has ${before.size} bytes, "${text}" has not`);
    writeFileSync(this.path(path), text);
    utimesSync(this.path(path), before.atimeMs / 1000, before.mtimeMs / 1000);
    return this;
  }

  #makeParent(path: string): void {
    const parent = parentPath(path);
    if (parent !== null && parent !== '') this.makeFolder(parent);
  }
}
