import { EmbeddedActionsParser, type IToken } from 'chevrotain';

import type { ScannedCommand } from './command.ts';
import { readLogicalLine } from './continuation.ts';
import type { Findings } from './findings.ts';
import type { InstructionKind } from './instruction.ts';
import { LineIndex } from './source-position.ts';
import type { Statement, StatementCommand, StatementWord } from './statement.ts';
import { ALL_TOKENS, End, Text, TextKeyword, Then, tokenize, UnknownKeyword, Word, WordsKeyword } from './tokens.ts';
import { type ScannedWord, unquote } from './word.ts';

/** The tokens of one instruction. */
interface StatementTokens {
  readonly then: IToken | undefined;
  readonly keyword: IToken;
  readonly words: readonly IToken[];
  readonly text: IToken | undefined;
}

/**
 * The form of a Layerfile:
 *
 *     layerfile  = { statement }
 *     statement  = { THEN } ( words | text | unknown ) [ end of line ]
 *     words      = WORDS-KEYWORD { word }
 *     text       = TEXT-KEYWORD [ command or text ]
 *     unknown    = word [ command ]
 *
 * Every sequence of tokens the lexer can make has this form, so a misspelt instruction cannot disturb the next one; what is
 * wrong with an instruction's arguments is told when they are read, in the instruction's own words.
 */
class LayerfileParser extends EmbeddedActionsParser {
  readonly layerfile = this.RULE('layerfile', (): StatementTokens[] => {
    const statements: StatementTokens[] = [];
    this.MANY(() => statements.push(this.SUBRULE(this.statement)));
    return statements;
  });

  readonly statement = this.RULE('statement', (): StatementTokens => {
    let then: IToken | undefined;
    this.MANY(() => {
      const token = this.CONSUME(Then);
      then ??= token;
    });
    const tokens = this.OR([
      { ALT: () => this.SUBRULE(this.words) },
      { ALT: () => this.SUBRULE(this.text) },
      { ALT: () => this.SUBRULE(this.unknown) },
    ]);
    this.OPTION(() => this.CONSUME(End));
    return { ...tokens, then };
  });

  readonly words = this.RULE('words', (): StatementTokens => {
    const words: IToken[] = [];
    const keyword = this.CONSUME(WordsKeyword);
    this.MANY(() => words.push(this.CONSUME(Word)));
    return { then: undefined, keyword, words, text: undefined };
  });

  readonly text = this.RULE('text', (): StatementTokens => {
    const keyword = this.CONSUME(TextKeyword);
    const text = this.OPTION(() => this.CONSUME(Text));
    return { then: undefined, keyword, words: [], text };
  });

  readonly unknown = this.RULE('unknown', (): StatementTokens => {
    const keyword = this.CONSUME(UnknownKeyword);
    const text = this.OPTION(() => this.CONSUME(Text));
    return { then: undefined, keyword, words: [], text };
  });

  constructor() {
    super(ALL_TOKENS, { maxLookahead: 1, skipValidations: true });
    this.performSelfAnalysis();
  }
}

const parser = new LayerfileParser();

/** Splits `source` (without byte order mark) into statements. */
export function parseStatements(source: string, lines: LineIndex, findings: Findings): readonly Statement[] {
  const { tokens, errors } = tokenize(source);
  parser.input = tokens;
  const found = parser.layerfile() as StatementTokens[] | undefined;
  const bugs = [
    ...errors.map(({ message, offset }) => ({ message, offset })),
    ...parser.errors.map(({ message, token }) => ({ message, offset: token.startOffset })),
  ];
  for (const { message, offset } of bugs) {
    // A bug of ours, but whoever parses strangers' files must not be stopped by it.
    const place = Number.isNaN(offset) ? source.length : offset;
    findings.error('internal-error', `Internal error: ${message}`, lines.rangeOf(place, place));
  }
  return (found ?? []).map((statement) => toStatement(statement, lines));
}

function toStatement({ then, keyword, words, text }: StatementTokens, lines: LineIndex): Statement {
  const last = text ?? words.at(-1) ?? keyword;
  const isKnown = keyword.tokenType !== UnknownKeyword;
  return {
    kind: isKnown ? (keyword.tokenType.name as InstructionKind) : null,
    keyword: readLogicalLine(keyword.image, 0).text.replaceAll(/[ \t]+/g, ' '),
    keywordRange: rangeOf(keyword, lines),
    thenRange: then === undefined ? null : rangeOf(then, lines),
    words: words.map((word) => toWord(word, lines)),
    command: text === undefined ? null : toCommand(text, lines),
    range: lines.rangeOf((then ?? keyword).startOffset, endOf(last)),
  };
}

function toWord(token: IToken, lines: LineIndex): StatementWord {
  const { written, unclosed } = token.payload as ScannedWord;
  return { text: unquote(written), written, unclosed, range: rangeOf(token, lines) };
}

/** `null` where nothing is left but a backslash with nothing to continue. */
function toCommand(token: IToken, lines: LineIndex): StatementCommand | null {
  const { written, script, notes } = token.payload as ScannedCommand;
  if (written === '') return null;
  return {
    written,
    script,
    range: rangeOf(token, lines),
    notes: notes.map(({ kind, found, start, end }) => ({ kind, found, range: lines.rangeOf(start, end) })),
  };
}

function rangeOf(token: IToken, lines: LineIndex): Statement['range'] {
  return lines.rangeOf(token.startOffset, endOf(token));
}

function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}
