import { relative } from 'node:path';

import { type LookMemory, toPathBytes } from '../fs-tracer/index.ts';
import { noteUnrepeatable } from '../util/grounds.ts';
import { readFolder, type SearchedFolder, searchFolder } from './layerfile-source.ts';

/** What an entry of the memory begins with that stands for a searched folder: no kind of observation has this letter. */
const SEARCHED = '/';

/**
 * Searches for Layerfiles as {@link searchFolder} does, but reads only folders in which names appeared or vanished since the
 * last time: a repository may have thousands.
 */
export function searchRemembering(memory: LookMemory): (folder: string) => readonly string[] {
  return (folder) => {
    const start = toPathBytes(relative(memory.root, folder));
    if (start.startsWith('..')) {
      noteUnrepeatable('a folder outside the workspace is searched');
      return searchFolder(folder);
    }
    const key = `Layerfiles in ${start}`;
    const known = memory.recall(key, false);
    if (known !== null) return JSON.parse(known) as readonly string[];
    return search(folder, memory, key);
  };
}

function search(folder: string, memory: LookMemory, key: string): readonly string[] {
  const entries: string[] = [];
  const digests: string[] = [];
  const found = searchFolder(folder, (each) => {
    const entry = SEARCHED + toPathBytes(relative(memory.root, each));
    memory.look([entry], false);
    const digest = memory.known(entry) ?? JSON.stringify(readFolder(each));
    entries.push(entry);
    digests.push(digest);
    return JSON.parse(digest) as SearchedFolder;
  });
  memory.remember(key, false, { entries, digests }, JSON.stringify(found));
  return found;
}
