import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const CHILD = join(import.meta.dirname, 'killed-upkeep.ts');
const MOST = 60;

/**
 * Does the upkeep that `args` name in copies of `home`, each in a process that is killed (SIGKILL) one change of the disk later
 * than the one before, until one comes to its end; after each, `check` looks at what is left. Resolves to the number of kills.
 */
export async function eachKill(
  home: string,
  args: readonly string[],
  check: (home: string, point: string) => Promise<void>,
): Promise<number> {
  for (let kills = 0; kills < MOST; kills++) {
    const copy = `${home}-${kills}`;
    cpSync(home, copy, { recursive: true });
    try {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', CHILD, copy, String(kills), ...args],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      const [exitCode, signalName] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      if (exitCode !== 0 && signalName !== 'SIGKILL') throw new Error(`It ended with ${exitCode} ${signalName}`);
      await check(copy, `killed before change ${kills + 1}`);
      if (exitCode === 0) return kills;
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
  throw new Error(`It has not ended after ${MOST} changes`);
}
