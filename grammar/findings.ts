import type { Diagnostic, DiagnosticCode, RelatedPlace } from './diagnostic.ts';
import type { SourceRange } from './source-position.ts';

/** What else there is to say about a finding. */
export interface FindingDetails {
  /** What to write instead: a whole sentence. */
  readonly hint?: string;
  readonly related?: { readonly message: string; readonly range: SourceRange };
}

/** Collects the findings about one Layerfile. */
export class Findings {
  readonly path: string;
  readonly #diagnostics: Diagnostic[] = [];

  constructor(path: string) {
    this.path = path;
  }

  error(code: DiagnosticCode, message: string, range: SourceRange, details: FindingDetails = {}): void {
    this.#add('error', code, message, range, details);
  }

  warning(code: DiagnosticCode, message: string, range: SourceRange, details: FindingDetails = {}): void {
    this.#add('warning', code, message, range, details);
  }

  /** All of them in the order of the text. */
  inOrder(): readonly Diagnostic[] {
    return this.#diagnostics.toSorted(
      ({ range: { start: a } }, { range: { start: b } }) => a.line - b.line || a.column - b.column,
    );
  }

  #add(
    severity: Diagnostic['severity'],
    code: DiagnosticCode,
    message: string,
    range: SourceRange,
    { hint, related }: FindingDetails,
  ): void {
    const places: readonly RelatedPlace[] = related === undefined ? [] : [{ ...related, path: this.path }];
    this.#diagnostics.push({
      severity,
      code,
      message,
      path: this.path,
      range,
      ...(hint === undefined ? {} : { hint }),
      ...(places.length === 0 ? {} : { related: places }),
    });
  }
}
