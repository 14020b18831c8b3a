/**
 * Where `reference`, written in the Layerfile at `fromPath` (relative to the workspace root), leads: a path relative to
 * the workspace root, `''` for the root itself. A leading `/` means the workspace root. `undefined` where `..` leaves the
 * workspace. Whether the path is a folder or a file is for the caller to look up.
 */
export function resolveReference(fromPath: string, reference: string): string | undefined {
  const base = reference.startsWith('/') ? [] : fromPath.split('/').slice(0, -1);
  const parts: string[] = [];
  for (const part of [...base, ...reference.split('/')]) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** Whether `reference` names the Layerfile it is written in, with or without the file name. */
export function isSelfReference(fromPath: string, reference: string): boolean {
  const resolved = resolveReference(fromPath, reference);
  if (resolved === undefined) return false;
  const own = resolveReference('', fromPath);
  return own === resolved || own === (resolved === '' ? 'Layerfile' : `${resolved}/Layerfile`);
}
