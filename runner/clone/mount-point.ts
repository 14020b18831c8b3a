import { createHash } from 'node:crypto';

import { toPathBytes, type WorkspacePath } from '../../fs-tracer/index.ts';
import type { RepositoryUrl } from '../repository-url.ts';

/** Of NAME_MAX (255): room for a hash behind it. */
const MAX_NAME_BYTES = 200;

/**
 * Where a repository appears in the workspace of a build: `clone:HOST/OWNER:NAME`, which people read when one of its files
 * changed. These paths are in keys, so the place follows from what stands in the Layerfile up to here and nothing else:
 * from the URL, and, where an earlier CLONE of another URL or DEFAULT has taken it, from a hash of both.
 */
export function mountPoint(repository: RepositoryUrl, id: string, taken: ReadonlySet<WorkspacePath>): WorkspacePath {
  const host = component(repository.host);
  const path = component(repository.path.replaceAll('/', ':')) || ':';
  const plain = `clone:${host}/${path}`;
  const isShort = host.length <= MAX_NAME_BYTES && path.length <= MAX_NAME_BYTES;
  if (isShort && !taken.has(plain as WorkspacePath)) return plain as WorkspacePath;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `clone:${host.slice(0, MAX_NAME_BYTES)}/${path.slice(-MAX_NAME_BYTES)}~${hash}` as WorkspacePath;
}

/** As one component of a path, without what a pattern of COPY would take for its own. */
function component(text: string): string {
  return toPathBytes(text).replaceAll(/[*?[\]\\\0/]/g, '_');
}
