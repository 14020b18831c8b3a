import type { ParseResult } from './diagnostic.ts';
import { Findings } from './findings.ts';
import type { Instruction } from './instruction.ts';
import { parseStatements } from './parser.ts';
import { readInstruction } from './read-instruction.ts';
import { reportUnknown } from './read-unknown.ts';
import { LineIndex, withoutByteOrderMark } from './source-position.ts';
import { requireFrom, validate } from './validate.ts';

/** In UTF-16 code units. Far beyond any real file; it keeps the time for a hostile one short. */
const LONGEST_SOURCE = 4_000_000;

/** Parses and validates; see `parseLayerfile`, which loads this module when it is first needed. */
export function parseSource(source: string, path: string): ParseResult {
  const text = withoutByteOrderMark(source);
  const lines = new LineIndex(text);
  const findings = new Findings(path);
  const instructions = text.length > LONGEST_SOURCE ? refuse(text, lines, findings) : read(text, lines, findings);
  return { layerfile: { path, instructions }, diagnostics: findings.inOrder() };
}

function refuse(text: string, lines: LineIndex, findings: Findings): readonly Instruction[] {
  const message = `the Layerfile has ${text.length} characters, but at most ${LONGEST_SOURCE} are read`;
  findings.error('file-too-long', message, lines.rangeOf(0, 0));
  return [];
}

function read(text: string, lines: LineIndex, findings: Findings): readonly Instruction[] {
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    findings.error(
      'invalid-character',
      'a Layerfile is text, but this is a NUL character',
      lines.rangeOf(nul, nul + 1),
    );
    return [];
  }
  const statements = parseStatements(text, lines, findings);
  const meant = statements.filter(({ kind }) => kind === null).map((statement) => reportUnknown(statement, findings));
  // A misspelt FROM is one mistake, not two.
  if (!meant.includes('FROM')) requireFrom(statements, lines.rangeOf(0, text.search(/[\r\n]|$/)), findings);
  validate(statements, findings);
  return statements.flatMap((statement) => {
    const instruction = statement.kind === null ? undefined : readInstruction(statement, statement.kind, findings);
    return instruction === undefined ? [] : [instruction];
  });
}
