import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAlive } from './is-alive.ts';

const swept = new Set<string>();

/**
 * A new private folder in `parent` (the system's temporary folder by default), named `PREFIX-PID-XXXXXX`. Its owner removes
 * it; what killed owners left behind is removed here, by the next process that makes one of the same prefix.
 */
export function makeTemporaryFolder(prefix: string, parent = tmpdir()): string {
  const kind = join(parent, prefix);
  if (!swept.has(kind)) sweep(prefix, parent);
  swept.add(kind);
  return mkdtempSync(`${kind}-${process.pid}-`);
}

function sweep(prefix: string, parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(`${prefix}-`)) continue;
    const pid = /^(\d+)-\w{6}$/.exec(name.slice(prefix.length + 1))?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    remove(join(parent, name));
  }
}

/** What cannot be removed stays: it keeps nobody from working. */
function remove(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.uid !== process.getuid?.()) return;
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A command may have left folders that not even their owner can read.
  }
}
