import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { LayerError } from '../../util/layer-error.ts';
import { findLayerfiles } from '../layerfile-source.ts';

export interface WantedLayerfile {
  /** Absolute. */
  readonly file: string;
  /** Relative to the workspace root. */
  readonly path: string;
}

/** At most so many are named where one has to be chosen. */
const NAMED = 5;

/**
 * The one Layerfile at `typed`: itself, or of a folder its own, or the only one below it. Throws `LAYERFILE_MISSING` where there
 * is none, `USAGE` where several lie below.
 */
export function wantedLayerfile(typed: string, directory: string): WantedLayerfile {
  const own = join(resolve(directory, typed), 'Layerfile');
  const isOwn = statSync(own, { throwIfNoEntry: false })?.isFile() === true;
  const found = findLayerfiles([isOwn ? own : typed], directory);
  const [only] = found;
  if (only !== undefined && found.length === 1) return { file: join(only.workspaceRoot, only.path), path: only.path };
  const names = found.slice(0, NAMED).map(({ path }) => path);
  const more = found.length > names.length ? ` and ${found.length - names.length} more` : '';
  throw new LayerError('USAGE', `There are several Layerfiles in ${typed}: ${names.join(', ')}${more}`, {
    hint: 'Name one: a machine is of one Layerfile.',
  });
}
