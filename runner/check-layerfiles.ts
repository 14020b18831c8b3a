import { findLayerfiles, formatAll } from './layerfile-source.ts';
import { parseLayerfile } from '../grammar/index.ts';

export interface CheckResult {
  /** Every finding with its line and squiggle, ready to print; '' where there is none. */
  readonly text: string;
  readonly errors: number;
  readonly warnings: number;
}

/** Parses and validates the named Layerfiles. Throws `LAYERFILE_MISSING` where there is none. */
export async function checkLayerfiles(options: {
  readonly paths: readonly string[];
  readonly directory: string;
}): Promise<CheckResult> {
  const texts: string[] = [];
  let errors = 0;
  let warnings = 0;
  for (const source of findLayerfiles(options.paths, options.directory)) {
    const { diagnostics } = await parseLayerfile(source.text, source.path);
    errors += diagnostics.filter(({ severity }) => severity === 'error').length;
    warnings += diagnostics.filter(({ severity }) => severity === 'warning').length;
    if (diagnostics.length > 0) texts.push(formatAll(source, diagnostics));
  }
  return { text: texts.join('\n\n'), errors, warnings };
}
