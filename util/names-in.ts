import { readdirSync } from 'node:fs';

/** What is in a folder; nothing where there is no such folder. Throws whatever else the file system says. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
