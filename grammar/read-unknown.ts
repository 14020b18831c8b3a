import type { Findings } from './findings.ts';
import type { InstructionKind } from './instruction.ts';
import { DOCKERFILE_ONLY, INSTRUCTION_KINDS } from './keyword.ts';
import { type MeantKeyword, meantKeyword } from './meant-keyword.ts';
import { quote } from './quote.ts';
import type { SourceRange } from './source-position.ts';
import type { Statement } from './statement.ts';

/** Blanks that editors and web pages put in place of a space, and marks that nobody sees. */
const ODD_BLANK = /[\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/;

/** Says what a line that begins with no instruction may have been meant as. Gives the kind it is surely a misspelling of. */
export function reportUnknown(statement: Statement, findings: Findings): InstructionKind | undefined {
  const first = statement.keyword.toUpperCase();
  const instead = DOCKERFILE_ONLY.get(first);
  if (instead !== undefined) {
    findings.error(
      'dockerfile-only',
      `${first} is a Dockerfile instruction, not one of Layerfiles`,
      statement.keywordRange,
      { hint: instead },
    );
    return undefined;
  }
  if (first === 'EXPOSE' && reportDockerfileExpose(statement, findings)) return undefined;
  if (reportNoWord(statement, findings)) return undefined;
  const words = firstLine(statement)
    .split(/[ \t]+/)
    .slice(0, 4);
  const meant = meantKeyword(words);
  if (meant === undefined) reportNoInstruction(statement, words, findings);
  else reportMisspelling(statement, meant, findings);
  return meant?.kind;
}

function firstLine(statement: Statement): string {
  const rest = statement.command?.written.split('\n', 1)[0];
  return rest === undefined ? statement.keyword : `${statement.keyword} ${rest}`;
}

/** `EXPOSE 80`, `EXPOSE 80/tcp 443`. */
function reportDockerfileExpose(statement: Statement, findings: Findings): boolean {
  const port = /^(\d+)(?:\/(?:tcp|udp))?(?:[ \t]|$)/i.exec(statement.command?.written ?? '')?.[1];
  if (port === undefined) return false;
  findings.error('dockerfile-only', `${quote(firstLine(statement))} is Dockerfile syntax`, lineRange(statement), {
    hint: `Write \`EXPOSE WEBSITE localhost:${port}\` for a website, or \`EXPOSE TCP ${port}\` for another server.`,
  });
  return true;
}

/** A lone backslash, another language's comment, and blanks that are none. */
function reportNoWord(statement: Statement, findings: Findings): boolean {
  const { keyword, keywordRange } = statement;
  const blank = ODD_BLANK.exec(keyword)?.[0];
  if (keyword === '' || keyword === '\\') {
    findings.error('broken-continuation', 'this `\\` continues nothing', keywordRange, { hint: 'Remove the line.' });
  } else if (blank !== undefined) {
    const code = blank.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    const message = `the character U+${code} in this word looks like a blank, or like nothing, but is neither`;
    findings.error('invalid-character', message, keywordRange, {
      hint: 'Delete it, and type a space where one is meant.',
    });
  } else if (/^(?:\/\/|\/\*|--|;)/.test(keyword)) {
    findings.error('unknown-instruction', `${quote(firstLine(statement))} is no comment`, keywordRange, {
      hint: 'Comments begin with `#`.',
    });
  } else {
    return false;
  }
  return true;
}

function reportMisspelling(statement: Statement, { kind, words }: MeantKeyword, findings: Findings): void {
  const all = firstLine(statement).split(/[ \t]+/);
  const found = all.slice(0, words).join(' ');
  const example = [kind, ...all.slice(words)].join(' ');
  findings.error(
    'unknown-instruction',
    `unknown instruction ${quote(found)}, did you mean \`${kind}\`?`,
    words === 1 ? statement.keywordRange : lineRange(statement),
    {
      hint: `Write ${quote(example)}.`,
    },
  );
}

function reportNoInstruction(statement: Statement, words: readonly string[], findings: Findings): void {
  const second = words[1]?.toUpperCase();
  const meant = INSTRUCTION_KINDS.find((kind) => kind === second);
  findings.error('unknown-instruction', `unknown instruction ${quote(statement.keyword)}`, statement.keywordRange, {
    hint:
      assigned(statement) ?? moved(words, meant) ?? `To run a command, write ${quote(`RUN ${firstLine(statement)}`)}.`,
  });
}

/** `MEMORY=2G`. */
function assigned(statement: Statement): string | undefined {
  const [, name = '', value = ''] = /^([A-Z]+)[=:](.*)$/i.exec(firstLine(statement)) ?? [];
  const kind = INSTRUCTION_KINDS.find((known) => known === name.toUpperCase());
  return kind === undefined ? undefined : `Write ${quote(`${kind} ${value}`)}.`;
}

/** `layer from node:14`. */
function moved(words: readonly string[], kind: InstructionKind | undefined): string | undefined {
  if (kind === undefined) return undefined;
  return `Write ${quote(`${kind} ${words.slice(2).join(' ')}`)}: the instruction comes first.`;
}

/** The whole statement, if it stands on one line. */
function lineRange({ range, keywordRange }: Statement): SourceRange {
  return range.start.line === range.end.line ? { start: keywordRange.start, end: range.end } : keywordRange;
}
