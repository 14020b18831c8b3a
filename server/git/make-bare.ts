import { appendFileSync, existsSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { type GitSettings, settingLines } from './git-settings.ts';
import { runGit } from './run-git.ts';

/**
 * Makes an empty bare repository at `folder`, whole or not at all: elsewhere, then renamed. One that is there stays as it
 * is. `settings` hold for whoever uses it, the server or not.
 */
export async function makeBare(folder: string, settings: GitSettings): Promise<void> {
  if (isBare(folder)) return;
  const scratch = mkdtempSync(join(dirname(folder), '.new-'));
  try {
    await runGit(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', scratch], {
      folder: scratch,
    });
    appendFileSync(join(scratch, 'config'), settingLines(settings));
    renameSync(scratch, folder);
  } catch (error) {
    // Somebody else may have been first.
    if (!isBare(folder)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Whether `folder` itself, and no link to another place, is laid out as a bare repository. */
export function isBare(folder: string): boolean {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name)));
}
