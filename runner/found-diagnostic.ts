import type { Diagnostic, Position, SourceRange } from '../grammar/index.ts';

/** A place as the Language Server Protocol counts: lines and UTF-16 code units from 0, the end behind the last one. */
export interface EditorRange {
  readonly start: EditorPosition;
  readonly end: EditorPosition;
}

interface EditorPosition {
  readonly line: number;
  readonly character: number;
}

/** A finding for programs (docs/cli.md): stable words and numbers, no text made for screens. */
export interface FoundDiagnostic {
  readonly event: 'diagnostic';
  /** Relative to the workspace root. */
  readonly layerfile: string;
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly range: EditorRange;
  readonly related: readonly { readonly layerfile: string; readonly message: string; readonly range: EditorRange }[];
}

export function toFound({ severity, code, message, path, range, hint, related = [] }: Diagnostic): FoundDiagnostic {
  return {
    event: 'diagnostic',
    layerfile: path,
    severity,
    code,
    message,
    hint: hint ?? null,
    range: editorRange(range),
    related: related.map((place) => ({
      layerfile: place.path,
      message: place.message,
      range: editorRange(place.range),
    })),
  };
}

function editorRange({ start, end }: SourceRange): EditorRange {
  return { start: editorPosition(start), end: editorPosition(end) };
}

function editorPosition({ line, column }: Position): EditorPosition {
  return { line: line - 1, character: column - 1 };
}
