import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { sweepLeftovers } from '../util/sweep-leftovers.ts';

/** Folders of a LAYER_HOME that files are written into under temporary names; `*` stands for every folder there. */
const PLACES = ['.', 'images', 'images/*', 'parsed', 'looks', 'secrets', 'caches', 'caches/*', 'clones/*/trees'];

/** Removes what killed processes have left under temporary names. Half made snapshots are the store's. */
export function sweepHome(home: string): void {
  for (const place of PLACES) for (const folder of foldersAt(home, place.split('/'))) sweepLeftovers(folder);
}

function foldersAt(folder: string, [name, ...rest]: readonly string[]): string[] {
  if (name === undefined) return [folder];
  const names = name === '*' ? namesIn(folder) : [name];
  return names.flatMap((each) => foldersAt(join(folder, each), rest));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
