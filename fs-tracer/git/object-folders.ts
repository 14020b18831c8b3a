import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** As deep as git follows them (object-file.c). */
const MAX_DEPTH = 5;

/**
 * The folders that hold the objects of a repository, its own first: `info/alternates` names others, one on a line, relative
 * to the folder that it is in (gitrepository-layout(5)). Quoted lines are left out: git then finds what is there.
 */
export function objectFolders(own: string): readonly string[] {
  const found = new Set<string>();
  collect(own, 0, found);
  return [...found];
}

function collect(folder: string, depth: number, found: Set<string>): void {
  if (found.has(folder) || depth > MAX_DEPTH) return;
  found.add(folder);
  for (const line of alternatesOf(folder).split('\n')) {
    if (line !== '' && !/^["#]/.test(line)) collect(resolve(folder, line), depth + 1, found);
  }
}

function alternatesOf(folder: string): string {
  try {
    return readFileSync(join(folder, 'info', 'alternates'), 'utf8');
  } catch {
    return '';
  }
}
