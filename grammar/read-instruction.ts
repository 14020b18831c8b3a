import type { Findings } from './findings.ts';
import type { Instruction, InstructionKind } from './instruction.ts';
import { quote } from './quote.ts';
import { readAws, readButton, readRun } from './read-command.ts';
import { readEnv, readEnvNames, readLabel } from './read-environment.ts';
import { readExposeTcp, readExposeWebsite } from './read-expose.ts';
import { readFrom } from './read-from.ts';
import { readCheckpoint, readMemory, readSplit, readUser } from './read-machine.ts';
import { readClone, readCopy, readPaths, readWorkdir } from './read-paths.ts';
import { readSkip } from './read-skip.ts';
import type { Statement } from './statement.ts';

/** The instruction of this kind; some types stand for several kinds. */
type OfKind<Kind extends InstructionKind, Member = Instruction> = Member extends { readonly kind: infer Kinds }
  ? Kind extends Kinds
    ? Member
    : never
  : never;

/** What an instruction has besides what all have. */
type Fields<Kind extends InstructionKind> = Omit<OfKind<Kind>, 'kind' | 'range' | 'text'>;

type Reader<Kind extends InstructionKind> = (statement: Statement, findings: Findings) => Fields<Kind> | undefined;

/** Who reads the arguments of which instruction. */
const READERS: { readonly [Kind in InstructionKind]: Reader<Kind> } = {
  FROM: readFrom,
  RUN: readRun,
  'RUN BACKGROUND': readRun,
  'RUN REPEATABLE': readRun,
  COPY: readCopy,
  ENV: readEnv,
  'BUILD ENV': readEnvNames,
  'SECRET ENV': readEnvNames,
  CACHE: readPaths,
  CHECKPOINT: readCheckpoint,
  'EXPOSE WEBSITE': readExposeWebsite,
  'EXPOSE TCP': readExposeTcp,
  SPLIT: readSplit,
  WAIT: readPaths,
  BUTTON: readButton,
  'SKIP REMAINING IF': readSkip,
  MEMORY: readMemory,
  WORKDIR: readWorkdir,
  USER: readUser,
  'SETUP FILE': readPaths,
  LABEL: readLabel,
  CLONE: readClone,
  AWS: readAws,
  'ARTIFACT PUBLIC': readArtifact,
};

function readArtifact(statement: Statement, findings: Findings): Fields<'ARTIFACT PUBLIC'> | undefined {
  findings.error('not-supported', 'ARTIFACT PUBLIC is not supported', statement.range, {
    hint: 'Copy the file out with `layer shell`, or upload it with `RUN curl`.',
  });
  return readPaths(statement, findings);
}

/** The instruction that `statement` means; `undefined`, with an error, where its arguments cannot be understood. */
export function readInstruction(
  statement: Statement,
  kind: InstructionKind,
  findings: Findings,
): Instruction | undefined {
  reportSpelling(statement, kind, findings);
  if (reportUnclosed(statement, findings)) return undefined;
  const fields = READERS[kind](statement, findings);
  if (fields === undefined) return undefined;
  // The table pairs each kind with the fields of that kind, which TypeScript cannot follow through an index.
  return { kind, range: statement.range, text: textOf(statement, kind), ...fields } as Instruction;
}

function textOf({ words, command }: Statement, kind: InstructionKind): string {
  const rest = command === null ? words.map((word) => word.written) : [command.written];
  return [kind, ...rest].join(' ');
}

function reportSpelling(statement: Statement, kind: InstructionKind, findings: Findings): void {
  if (statement.thenRange !== null) {
    findings.warning('then-prefix', '`THEN` is an old spelling and has no meaning', statement.thenRange, {
      hint: `Write \`${kind}\` without it.`,
    });
  }
  if (statement.keyword === kind) return;
  findings.warning(
    'keyword-case',
    `the instruction ${quote(statement.keyword)} is not in capitals`,
    statement.keywordRange,
    {
      hint: `Write \`${kind}\`.`,
    },
  );
}

function reportUnclosed(statement: Statement, findings: Findings): boolean {
  const word = statement.words.find(({ unclosed }) => unclosed !== null);
  if (word === undefined) return false;
  findings.error(
    'unclosed-quote',
    `the ${quote(word.unclosed ?? '')} in ${quote(word.written)} is never closed`,
    word.range,
    {
      hint: 'Close it, or write a `\\` before it if it is meant literally.',
    },
  );
  return true;
}
