import { statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { openSqliteDigestMemo } from '../../fs-tracer/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';
import { findLayerfiles, type LayerfileSource } from '../layerfile-source.ts';
import type { RunOptions } from '../run-options.ts';

export interface WantedLayerfile {
  /** Absolute; of a commit: where a checkout would have it. */
  readonly file: string;
  /** Relative to the workspace root. */
  readonly path: string;
}

export interface LayerfileRequest extends Pick<RunOptions, 'directory' | 'rev' | 'home'> {
  /** A Layerfile, or a folder; resolved against `directory`. */
  readonly path: string;
}

/** At most so many are named where one has to be chosen. */
const NAMED = 5;

/**
 * The one Layerfile at `path`: itself, or of a folder its own, or the only one below it. Throws `LAYERFILE_MISSING` where there
 * is none, `USAGE` where several lie below.
 */
export async function wantedLayerfile(request: LayerfileRequest): Promise<WantedLayerfile> {
  const { path: typed, directory, rev } = request;
  const found = rev === undefined ? onDisk(typed, directory) : await inCommit(request, rev);
  const [only] = found;
  if (only !== undefined && found.length === 1) return { file: join(only.workspaceRoot, only.path), path: only.path };
  const names = found.slice(0, NAMED).map(({ path }) => path);
  const more = found.length > names.length ? ` and ${found.length - names.length} more` : '';
  throw new LayerError('USAGE', `There are several Layerfiles in ${typed}: ${names.join(', ')}${more}`, {
    hint: 'Name one: a machine is of one Layerfile.',
  });
}

function onDisk(typed: string, directory: string): readonly LayerfileSource[] {
  const own = join(resolve(directory, typed), 'Layerfile');
  const isOwn = statSync(own, { throwIfNoEntry: false })?.isFile() === true;
  return findLayerfiles([isOwn ? own : typed], directory);
}

async function inCommit(
  { path: typed, directory, home }: LayerfileRequest,
  rev: string,
): Promise<readonly LayerfileSource[]> {
  const { openRevision } = await import('../revision/open-revision.ts');
  makePrivateFolder(home);
  using digestMemo = openSqliteDigestMemo(join(home, 'digests.sqlite'));
  using revision = await openRevision({ name: rev, directory, home, digestMemo });
  const found = revision.findLayerfiles([typed], directory);
  const own = join(resolve(directory, typed), 'Layerfile');
  const chosen = found.filter(({ workspaceRoot, path }) => path === relative(workspaceRoot, own));
  return chosen.length === 1 ? chosen : found;
}
