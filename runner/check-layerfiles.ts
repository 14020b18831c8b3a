import { resolve } from 'node:path';

import { type ParseResult, parseLayerfile } from '../grammar/index.ts';
import { type FoundDiagnostic, toFound } from './found-diagnostic.ts';
import { referencesOf } from './graph/references.ts';
import type { GraphFinding } from './graph/read-graph.ts';
import {
  findLayerfiles,
  formatAll,
  LayerfileInvalid,
  type LayerfileSource,
  parseCached,
  readLayerfile,
  sourceAt,
} from './layerfile-source.ts';

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

/**
 * Parses and validates the named Layerfiles, and where none of them has errors the graph that they make with those they need.
 * Throws `LAYERFILE_MISSING` where there is none.
 */
export async function checkLayerfiles(options: CheckOptions): Promise<CheckResult> {
  const checked = await Promise.all(parsed(options));
  const own = checked.flatMap(({ source, result }) => result.diagnostics.map((diagnostic) => ({ diagnostic, source })));
  const all = hasErrors(own) ? own : [...own, ...(await graphFindings(checked, options))];
  const errors = all.filter(({ diagnostic }) => diagnostic.severity === 'error').length;
  return {
    text: all.map(({ diagnostic, source }) => formatAll(source, [diagnostic])).join('\n\n'),
    found: all.map(({ diagnostic }) => toFound(diagnostic)),
    errors,
    warnings: all.length - errors,
  };
}

function hasErrors(findings: readonly GraphFinding[]): boolean {
  return findings.some(({ diagnostic }) => diagnostic.severity === 'error');
}

/** Nothing more is loaded for Layerfiles that stand alone. What is wrong in one that is only needed is its own check's business. */
async function graphFindings(
  checked: readonly Checked[],
  { home, unsaved }: CheckOptions,
): Promise<readonly GraphFinding[]> {
  // What is being typed is remembered nowhere, and the others are as they were.
  if (unsaved !== undefined) return [];
  if (checked.length === 1 && checked.every(({ result }) => referencesOf(result.layerfile).length === 0)) return [];
  const { findingsOfGraph } = await import('./graph/read-graph.ts');
  try {
    return await findingsOfGraph(
      checked.map(({ source }) => source),
      readLayerfile,
      home,
    );
  } catch (error) {
    if (error instanceof LayerfileInvalid) return [];
    throw error;
  }
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
