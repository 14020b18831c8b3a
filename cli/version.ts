import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version in Layer's own package.json. */
export function layerVersion(): string {
  const path = findPackageJSON('.', import.meta.url);
  if (path === undefined) throw new Error('Layer has no package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
