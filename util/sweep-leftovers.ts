import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive } from './is-alive.ts';

/** `NAME.PID.tmp` as of durable-file.ts, `PREFIX-PID-XXXXXX` as of temporary-folder.ts. */
const TEMPORARY = [/\.(\d+)\.tmp$/, /^[a-z-]+-(\d+)-\w{6}$/];

/** Removes files and folders under temporary names, in `folder` itself, whose process is gone. What cannot be removed stays. */
export function sweepLeftovers(folder: string): void {
  for (const name of namesIn(folder)) {
    const pid = TEMPORARY.map((form) => form.exec(name)?.[1]).find((found) => found !== undefined);
    if (pid !== undefined && !isAlive(Number(pid))) remove(join(folder, name));
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next one tries again.
  }
}
