import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Look files and links to them in one folder. Past the first number the oldest go until the second is left. */
const MOST_NAMES = 400;
const NAMES_LEFT = 200;

/** Puts `bytes` at `folder/name` in one step. Failing to costs the next decision time, so it is no error. */
export function storeLookFile(folder: string, name: string, bytes: Buffer): void {
  attempt(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    replace(join(folder, name), (temporary) => writeFileSync(temporary, bytes, { mode: 0o600 }));
    removeOldest(folder);
  });
}

/** Makes `folder/key`, by which host/look.c finds it, a link to `name`. */
export function linkLookFile(folder: string, key: string, name: string): void {
  const path = join(folder, key);
  if (attempt(() => readlinkSync(path)) === name) return;
  attempt(() => replace(path, (temporary) => symlinkSync(name, temporary)));
}

function replace(path: string, make: (temporary: string) => void): void {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  try {
    make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function removeOldest(folder: string): void {
  const names = readdirSync(folder);
  if (names.length <= MOST_NAMES) return;
  const dated = names.map((name) => ({ name, timeMs: lstatSync(join(folder, name)).mtimeMs }));
  dated.sort((one, other) => other.timeMs - one.timeMs);
  for (const { name } of dated.slice(NAMES_LEFT)) rmSync(join(folder, name), { force: true });
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
