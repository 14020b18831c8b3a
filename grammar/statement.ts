import type { InstructionKind } from './instruction.ts';
import type { SourceRange } from './source-position.ts';

/** A word of a statement, as written and without its quotes. */
export interface StatementWord {
  readonly text: string;
  readonly written: string;
  readonly range: SourceRange;
  readonly unclosed: string | null;
}

export interface StatementNote {
  readonly kind: 'blank-line' | 'keyword-line' | 'unended-here-document';
  /** What was found: the keyword or the here-document's mark. */
  readonly found: string;
  readonly range: SourceRange;
}

/** The rest of an instruction taken as one text. */
export interface StatementCommand {
  /** As written, continued lines joined, here-documents behind it. */
  readonly written: string;
  /** What bash gets. */
  readonly script: string;
  readonly range: SourceRange;
  readonly notes: readonly StatementNote[];
}

/** One instruction as the parser sees it: its form is known, its arguments are not looked at yet. */
export interface Statement {
  /** `null` for a line that begins with no known instruction. */
  readonly kind: InstructionKind | null;
  /** The keyword as written, with single blanks between its words. */
  readonly keyword: string;
  readonly keywordRange: SourceRange;
  /** The old prefix THEN, where it was written. */
  readonly thenRange: SourceRange | null;
  readonly words: readonly StatementWord[];
  readonly command: StatementCommand | null;
  readonly range: SourceRange;
}
