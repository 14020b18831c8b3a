import { resolve } from 'node:path';

import { type ParseResult, parseLayerfile } from '../grammar/index.ts';
import { type FoundDiagnostic, toFound } from './found-diagnostic.ts';
import { findLayerfiles, formatAll, type LayerfileSource, parseCached, sourceAt } from './layerfile-source.ts';

export interface CheckOptions {
  /** Layerfiles, or folders searched for them; resolved against `directory`. */
  readonly paths: readonly string[];
  /** Absolute. */
  readonly directory: string;
  /** The `LAYER_HOME` folder: what was checked before is not parsed again. */
  readonly home: string;
  /** A text to check in place of files, as the Layerfile that would be at `path`. */
  readonly unsaved?: { readonly path: string; readonly text: string } | undefined;
}

export interface CheckResult {
  /** Every finding with its line and squiggle, ready to print; '' where there is none. */
  readonly text: string;
  /** The same for programs, in the same order. */
  readonly found: readonly FoundDiagnostic[];
  readonly errors: number;
  readonly warnings: number;
}

/** Parses and validates the named Layerfiles. Throws `LAYERFILE_MISSING` where there is none. */
export async function checkLayerfiles(options: CheckOptions): Promise<CheckResult> {
  const checked = await Promise.all(parsed(options));
  const found = checked.flatMap(({ result }) => result.diagnostics.map(toFound));
  const errors = found.filter(({ severity }) => severity === 'error').length;
  return {
    text: checked
      .filter(({ result }) => result.diagnostics.length > 0)
      .map(({ source, result }) => formatAll(source, result.diagnostics))
      .join('\n\n'),
    found,
    errors,
    warnings: found.length - errors,
  };
}

interface Checked {
  readonly source: LayerfileSource;
  readonly result: ParseResult;
}

/** Nothing is remembered of a text that is being typed. */
function parsed({ paths, directory, home, unsaved }: CheckOptions): readonly Promise<Checked>[] {
  if (unsaved === undefined)
    return findLayerfiles(paths, directory).map(async (source) => ({
      source,
      result: await parseCached(source, home),
    }));
  const source = sourceAt(resolve(directory, unsaved.path), unsaved.text);
  return [parseLayerfile(source.text, source.path).then((result) => ({ source, result }))];
}
