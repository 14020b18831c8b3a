import type { ParseResult } from './diagnostic.ts';

/**
 * Changes whenever the same text would give another result (instructions or diagnostics), so that results stored by an
 * older version are not used.
 */
export const GRAMMAR_VERSION = 2;

/**
 * Parses and validates the Layerfile `source`. `path` is the file's place relative to the workspace root, with `/`: it is
 * what FROM, WAIT and COPY are resolved against. Never throws on any text.
 */
export async function parseLayerfile(source: string, path: string): Promise<ParseResult> {
  const { parseSource } = await import('./parse-source.ts');
  return parseSource(source, path);
}
