import { createToken, type CustomPatternMatcherFunc, Lexer, type TokenType } from 'chevrotain';

import { type ScannedCommand, scanCommand, scanText } from './command.ts';
import { continuationEnd } from './continuation.ts';
import { HereDocumentReader } from './here-document.ts';
import { INSTRUCTION_KINDS, INSTRUCTIONS } from './keyword.ts';
import { type ScannedWord, scanWord } from './word.ts';

/**
 * The lexer has four modes. At the start of a line it looks for an instruction's keyword, which decides how the rest of
 * the line is read: as words, as a command with here-documents, or as plain text. The end of the line leads back.
 * Any text is made of these tokens, so the lexer has no errors.
 */
const BETWEEN_LINES = 'between-lines';

/** Custom patterns see only text and offset; this is what they share, set anew for each source. */
let hereDocuments = new HereDocumentReader('');

const blanks: CustomPatternMatcherFunc = (source, offset) => {
  let end = offset;
  for (;;) {
    const next =
      source[end] === ' ' || source[end] === '\t'
        ? end + 1
        : source[end] === '\\'
          ? continuationEnd(source, end)
          : undefined;
    if (next === undefined) break;
    end = next;
  }
  return end === offset ? null : [source.slice(offset, end)];
};

function withPayload(
  scan: (source: string, offset: number) => ScannedWord | ScannedCommand | undefined,
): CustomPatternMatcherFunc {
  return (source, offset) => {
    const payload = scan(source, offset);
    if (payload === undefined || payload.end === offset) return null;
    return Object.assign([source.slice(offset, payload.end)] as [string], { payload });
  };
}

const ONE_BREAK = String.raw`(?:\r\n|\r(?!\n)|\n)`;

const custom = { line_breaks: true };

const LineBreak = createToken({ name: 'LineBreak', pattern: /\r\n|\r|\n/y, group: Lexer.SKIPPED, line_breaks: true });
const Blank = createToken({ name: 'Blank', pattern: /[ \t]+/y, group: Lexer.SKIPPED });
const Comment = createToken({ name: 'Comment', pattern: /#[^\r\n]*/y, group: Lexer.SKIPPED });
const Gap = createToken({ name: 'Gap', pattern: blanks, group: Lexer.SKIPPED, ...custom });

export const End = createToken({ name: 'End', pattern: /\r\n|\r|\n/, pop_mode: true, line_breaks: true });
export const Then = createToken({ name: 'Then', pattern: /THEN(?=[ \t]+[A-Z])/i });

export const WordsKeyword = createToken({ name: 'WordsKeyword', pattern: Lexer.NA });
export const TextKeyword = createToken({ name: 'TextKeyword', pattern: Lexer.NA });
const CATEGORIES = { words: WordsKeyword, command: TextKeyword, text: TextKeyword };

/** What may stand between the words of a keyword: blanks and continued lines. Each text matches in one way only. */
const KEYWORD_GAP = String.raw`(?:[ \t]|\\[ \t]*${ONE_BREAK}(?:[ \t]*(?:#[^\r\n]*)?${ONE_BREAK})*)+`;

/** One token for each instruction, named as its kind. Longer keywords come before the words they begin with. */
const Keywords: readonly TokenType[] = INSTRUCTION_KINDS.map((kind) =>
  createToken({
    name: kind,
    pattern: new RegExp(`${kind.replaceAll(' ', () => KEYWORD_GAP)}(?=[ \\t\\r\\n]|\\\\[ \\t]*(?:[\\r\\n]|$)|$)`, 'i'),
    categories: CATEGORIES[INSTRUCTIONS[kind]],
    push_mode: INSTRUCTIONS[kind],
  }),
);

/** The first word of a line that begins with no instruction. */
export const UnknownKeyword = createToken({ name: 'UnknownKeyword', pattern: /[^ \t\r\n]+/, push_mode: 'command' });

export const Word = createToken({ name: 'Word', pattern: withPayload(scanWord), ...custom });

export const Text = createToken({ name: 'Text', pattern: Lexer.NA });
const Command = createToken({
  name: 'Command',
  pattern: withPayload((source, offset) => scanCommand(source, offset, hereDocuments)),
  categories: Text,
  ...custom,
});
const Message = createToken({ name: 'Message', pattern: withPayload(scanText), categories: Text, ...custom });

const modes = {
  [BETWEEN_LINES]: [LineBreak, Blank, Comment, Then, ...Keywords, UnknownKeyword, WordsKeyword, TextKeyword, Text],
  words: [Gap, End, Comment, Word],
  command: [Gap, End, Command],
  text: [Gap, End, Message],
};

/**
 * In safe mode, and with skipped tokens whose patterns have a flag, the lexer does not parse and analyse the patterns to
 * guess what they begin with: that took 15 ms of every first parse, and saved 1 ms in 10,000 lines.
 */
const lexer = new Lexer(
  { modes, defaultMode: BETWEEN_LINES },
  { positionTracking: 'onlyOffset', skipValidations: true, safeMode: true },
);

export const ALL_TOKENS: TokenType[] = [...new Set(Object.values(modes).flat())];

/**
 * The tokens of `source`. Word carries a ScannedWord as its payload, Text a ScannedCommand.
 */
export function tokenize(source: string): ReturnType<Lexer['tokenize']> {
  hereDocuments = new HereDocumentReader(source);
  return lexer.tokenize(source);
}
