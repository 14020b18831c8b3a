import type { Findings } from './findings.ts';
import type { InstructionKind } from './instruction.ts';
import { DOCKERFILE_ONLY, INSTRUCTION_KINDS } from './keyword.ts';
import { nearest } from './nearest.ts';
import { quote } from './quote.ts';
import type { SourceRange } from './source-position.ts';
import type { Statement } from './statement.ts';

interface Suggestion {
  readonly kind: InstructionKind;
  /** How many words of the line were meant as the keyword. */
  readonly words: number;
}

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
  const words = firstLine(statement)
    .split(/[ \t]+/)
    .slice(0, 4);
  const suggestion = misspelling(words) ?? incomplete(words);
  if (suggestion !== undefined) {
    reportMisspelling(statement, suggestion, findings);
    return suggestion.kind;
  }
  reportNoInstruction(statement, words, findings);
  return undefined;
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

/** The instruction that the first words are nearly equal to, or an abbreviation of. */
function misspelling(words: readonly string[]): Suggestion | undefined {
  for (let count = Math.min(3, words.length); count >= 1; count -= 1) {
    const found = words.slice(0, count).join(' ').toUpperCase().replaceAll(/[-_]/g, ' ').replace(/:$/, '');
    const kinds = INSTRUCTION_KINDS.filter((kind) => kind.split(' ').length === found.split(' ').length);
    const kind =
      nearest(found, kinds) ?? (count === words.length ? kinds.find((known) => known.startsWith(found)) : undefined);
    if (kind !== undefined) return { kind, words: count };
  }
  return undefined;
}

/** The instruction of several words whose first one is there: `SECRET TOKEN`. */
function incomplete(words: readonly string[]): Suggestion | undefined {
  const kinds = INSTRUCTION_KINDS.filter((kind) => kind.includes(' ') && !kind.startsWith('RUN '));
  const first = nearest(words[0]?.toUpperCase() ?? '', [...new Set(kinds.map((kind) => kind.split(' ')[0] ?? kind))]);
  const kind = kinds.find((known) => known.startsWith(`${first ?? '-'} `));
  return kind === undefined ? undefined : { kind, words: 1 };
}

function reportMisspelling(statement: Statement, { kind, words }: Suggestion, findings: Findings): void {
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
  const hint =
    meant === undefined
      ? `To run a command, write ${quote(`RUN ${firstLine(statement)}`)}.`
      : `Write ${quote(`${meant} ${words.slice(2).join(' ')}`)}: the instruction comes first.`;
  findings.error('unknown-instruction', `unknown instruction ${quote(statement.keyword)}`, statement.keywordRange, {
    hint,
  });
}

/** The whole statement, if it stands on one line. */
function lineRange({ range, keywordRange }: Statement): SourceRange {
  return range.start.line === range.end.line ? { start: keywordRange.start, end: range.end } : keywordRange;
}
