import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { systemCode } from '../../util/storage-error.ts';

const MIB = 1 << 20;

/** Only root may mount a file system. */
export const MAY_MOUNT = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** A disk of its own for a folder: what is in there is moved to it. */
export class SmallDisk implements Disposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Under `folder`, which may not be in use. */
  static under(folder: string, mib: number): SmallDisk {
    const former = `${folder}.former`;
    renameSync(folder, former);
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder]);
    execFileSync('cp', ['-a', '--sparse=always', `${former}/.`, folder]);
    rmSync(former, { recursive: true });
    return new SmallDisk(folder);
  }

  /** Leaves this many MiB free, or less where somebody writes meanwhile. */
  fillTo(freeMib: number): void {
    const { bavail, bsize } = statfsSync(this.#folder);
    const bytes = Math.max(0, bavail * bsize - freeMib * MIB);
    try {
      writeFileSync(join(this.#folder, 'filler'), Buffer.alloc(bytes, 1), { flag: 'a' });
    } catch (error) {
      if (systemCode(error) !== 'ENOSPC') throw error;
    }
  }

  empty(): void {
    rmSync(join(this.#folder, 'filler'), { force: true });
  }

  remount(option: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${option}`, this.#folder]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.#folder]);
  }
}
