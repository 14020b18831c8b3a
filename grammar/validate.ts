import type { Findings } from './findings.ts';
import type { SourceRange } from './source-position.ts';
import type { Statement } from './statement.ts';

/** A rule looks at all statements of a file, those included whose arguments were not understood. */
type Rule = (statements: readonly Statement[], findings: Findings) => void;

/** The rules that concern more than one instruction. */
export function validate(statements: readonly Statement[], findings: Findings): void {
  for (const rule of [checkFromPlace, checkMemoryPlace, checkMemoryTwice, checkSplitTwice]) rule(statements, findings);
}

/** `firstLine` is where a missing FROM is told. */
export function requireFrom(statements: readonly Statement[], firstLine: SourceRange, findings: Findings): void {
  if (statements.some(({ kind }) => kind === 'FROM')) return;
  const what = statements.length === 0 ? 'the Layerfile is empty' : 'the Layerfile has no FROM';
  findings.error('from-missing', `${what}: its first instruction must say what the machine starts from`, firstLine, {
    hint: 'Begin with `FROM vm/debian:12`, for example.',
  });
}

const checkFromPlace: Rule = (statements, findings) => {
  const [first, ...others] = statements.filter(({ kind }) => kind === 'FROM');
  if (first === undefined) return;
  const earlier =
    statements[0] === first ? undefined : statements.slice(0, statements.indexOf(first)).find(belongsBehindFrom);
  if (earlier !== undefined) {
    findings.error(
      'from-not-first',
      `FROM must be the first instruction, but ${String(earlier.kind)} stands before it`,
      first.range,
      {
        hint: 'Move this line up. Only comments and MEMORY may stand before FROM.',
        related: { message: 'the instruction before it', range: earlier.range },
      },
    );
  }
  for (const other of others) {
    findings.error('from-duplicate', 'FROM stands twice: a Layerfile has one start', other.range, {
      hint: 'Write the second one as a Layerfile in a folder of its own.',
      related: { message: 'the first FROM', range: first.range },
    });
  }
};

function belongsBehindFrom({ kind }: Statement): boolean {
  return kind !== null && kind !== 'MEMORY';
}

/** A warning, because the reference's own examples do it: the machine then has that memory from its start. */
const checkMemoryPlace: Rule = (statements, findings) => {
  const firstRun = statements.findIndex(({ kind }) => kind?.startsWith('RUN') === true);
  const run = statements[firstRun];
  if (run === undefined) return;
  for (const memory of statements.slice(firstRun).filter(({ kind }) => kind === 'MEMORY')) {
    findings.warning(
      'memory-placement',
      'MEMORY belongs before the first RUN: it holds for the whole machine',
      memory.range,
      {
        hint: 'Move it up, next to FROM.',
        related: { message: 'the first RUN', range: run.range },
      },
    );
  }
};

const checkMemoryTwice: Rule = (statements, findings) => {
  const [first, ...others] = statements.filter(({ kind }) => kind === 'MEMORY');
  for (const other of others) {
    findings.warning('duplicate-key', 'MEMORY stands twice, and the last one holds', other.range, {
      ...(first === undefined ? {} : { related: { message: 'the first MEMORY', range: first.range } }),
    });
  }
};

const checkSplitTwice: Rule = (statements, findings) => {
  const [first, ...others] = statements.filter(({ kind }) => kind === 'SPLIT');
  for (const other of others) {
    findings.error('split-twice', 'SPLIT stands twice: a Layerfile can split its machine once', other.range, {
      hint: 'Split into as many copies as you need at the first one.',
      ...(first === undefined ? {} : { related: { message: 'the first SPLIT', range: first.range } }),
    });
  }
};
