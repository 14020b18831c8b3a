import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import { LayerError } from '../../util/layer-error.ts';

/** The folder that a command works in, absolute: `-C`, which must be one, else the current one. */
export function workingFolder(currentFolder: () => string, typed: string | null): string {
  const folder = resolve(existing(currentFolder), typed ?? '.');
  if (typed !== null && statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new LayerError('USAGE', `-C is \`${typed}\`: there is no such folder`);
  }
  return folder;
}

function existing(currentFolder: () => string): string {
  try {
    return currentFolder();
  } catch (cause) {
    throw new LayerError('WORKSPACE_UNREADABLE', 'The current folder does not exist any more', { cause });
  }
}
