import { closeSync, constants, openSync, readlinkSync } from 'node:fs';

import type { HostPath } from './host-path.ts';

/** Linux's O_PATH (asm-generic/fcntl.h), which Node does not name: a place in the tree, not opened for reading. */
const O_PATH = 0o10000000;

export const OPEN_FLAGS = {
  file: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  folder: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY,
  place: O_PATH | constants.O_NOFOLLOW | constants.O_DIRECTORY,
} as const;

/**
 * Opens what is inside a root folder and nowhere else. A folder that was real when it was looked at may be a symlink by
 * the time something in it is opened, and O_NOFOLLOW guards the last component only: so the kernel is asked where the
 * descriptor really is (5 us). Walking component by component would take as many calls as the path has components.
 */
export class ContainedFiles {
  /** As the kernel gives it: one character a byte. */
  readonly #root: string;

  /** `root` is an absolute path without symlinks. */
  constructor(root: string) {
    this.#root = Buffer.from(root, 'utf8').toString('latin1');
  }

  /**
   * Lends `use` a descriptor of `path`; null where that is outside. Throws as open(2) does. What is in an open folder is
   * reached by {@link descriptorPath}, whatever happens to its own path.
   */
  withOpen<Result>(path: HostPath, flags: number, use: (descriptor: number) => Result): Result | null {
    const descriptor = openSync(path, flags);
    try {
      return this.#holds(descriptor) ? use(descriptor) : null;
    } finally {
      closeSync(descriptor);
    }
  }

  #holds(descriptor: number): boolean {
    if (this.#root === '/') return true;
    const path = readlinkSync(descriptorPath(descriptor), 'latin1');
    return path.startsWith(this.#root) && (path.length === this.#root.length || path[this.#root.length] === '/');
  }
}

/** A path to an open folder that no rename and no symlink changes (proc(5)). */
export function descriptorPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}
