import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FILES_A_FOLDER = 40;
/** As in a `node_modules`: 15 KB on average. */
const SMALL_SIZES_BYTES = [300, 900, 1500, 2800, 4100, 6500, 9000, 15_000, 31_000, 78_000];

/** Writes `small/` into `folder`: files of mixed sizes, a few dozen to a folder. */
export function writeSmallFiles(folder: string, count: number): void {
  const bytes = Buffer.alloc(Math.max(...SMALL_SIZES_BYTES));
  for (let number = 0; number < count; number++) {
    const inFolder = join(folder, 'small', `package-${Math.floor(number / FILES_A_FOLDER)}`, 'lib');
    if (number % FILES_A_FOLDER === 0) mkdirSync(inFolder, { recursive: true });
    const size = SMALL_SIZES_BYTES[number % SMALL_SIZES_BYTES.length] ?? 0;
    writeFileSync(join(inFolder, `module-${number}.js`), randomFillSync(bytes, 0, size).subarray(0, size));
  }
}

/** Writes `big`, random bytes. */
export function writeBigFile(folder: string, mib: number): void {
  const block = Buffer.alloc(1 << 20);
  const file = openSync(join(folder, 'big'), 'wx');
  for (let number = 0; number < mib; number++) writeSync(file, randomFillSync(block));
  closeSync(file);
}

/** Writes `repository/` whose git folder is `repository/store`, because `.git` is in no workspace. */
export function writeRepository(folder: string, count: number): void {
  const repository = join(folder, 'repository');
  writeSmallFiles(repository, count);
  const git = (...command: readonly string[]): void => {
    const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost'];
    execFileSync('git', ['--git-dir=store', '--work-tree=.', ...identity, ...command], { cwd: repository });
  };
  execFileSync('git', ['init', '-q', '--bare', join(repository, 'store')]);
  writeFileSync(join(repository, 'store/info/exclude'), 'store\n');
  git('config', 'core.bare', 'false');
  git('add', 'small');
  git('commit', '-qm', 'bench');
}
