import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { LayerError } from './layer-error.ts';

/** The folder that holds everything Layer stores: `LAYER_HOME`, else `$XDG_CACHE_HOME/layer`, else `~/.cache/layer`. */
export function layerHome(environment: NodeJS.ProcessEnv = process.env): string {
  const explicit = environment['LAYER_HOME'];
  if (explicit !== undefined && explicit !== '') return explicit;
  const cache = environment['XDG_CACHE_HOME'];
  return join(cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'), 'layer');
}

/** Makes `path` (and its parents), readable by the owner only. Throws `CACHE_UNUSABLE` where that cannot be done. */
export function makePrivateFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new LayerError('CACHE_UNUSABLE', `Cannot create ${path}`, {
      cause,
      hint: 'Set LAYER_HOME to a folder you can write to.',
    });
  }
  return path;
}
