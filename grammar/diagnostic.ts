import type { Layerfile } from './instruction.ts';
import type { SourceRange } from './source-position.ts';

/** Every kind of finding; stable, so that programs and editors may match on it. */
export type DiagnosticCode =
  | 'argument-count'
  | 'blank-around-equals'
  | 'broken-continuation'
  | 'condition-syntax'
  | 'dockerfile-only'
  | 'duplicate-key'
  | 'file-too-long'
  | 'from-duplicate'
  | 'from-itself'
  | 'from-missing'
  | 'from-not-first'
  | 'from-split'
  | 'graph-cycle'
  | 'internal-error'
  | 'invalid-character'
  | 'invalid-name'
  | 'invalid-regular-expression'
  | 'invalid-value'
  | 'key-without-equals'
  | 'keyword-case'
  | 'label-unknown'
  | 'layerfile-missing'
  | 'memory-over-parent'
  | 'memory-placement'
  | 'name-duplicate'
  | 'not-a-folder'
  | 'not-supported'
  | 'odd-address'
  | 'out-of-range'
  | 'outside-workspace'
  | 'split-twice'
  | 'then-prefix'
  | 'unclosed-quote'
  | 'unended-here-document'
  | 'unknown-instruction'
  | 'wait-itself';

export interface RelatedPlace {
  readonly message: string;
  readonly path: string;
  readonly range: SourceRange;
}

/** One finding about a Layerfile. A file with an `error` must not be run; one with warnings only may. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  /** What was found and what was expected: one sentence without a full stop. */
  readonly message: string;
  readonly path: string;
  readonly range: SourceRange;
  /** What to write instead. */
  readonly hint?: string;
  readonly related?: readonly RelatedPlace[];
}

/** What parsing gives: `layerfile` holds every instruction that could be understood, errors or not. Plain JSON data. */
export interface ParseResult {
  readonly layerfile: Layerfile;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
}
