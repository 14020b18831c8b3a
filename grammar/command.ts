import { type ContinuedPart, type LogicalLine, readLogicalLine } from './continuation.ts';
import { findHereDocuments, type HereDocumentMark, type HereDocumentReader } from './here-document.ts';
import type { StatementNote } from './statement.ts';

/** A finding about a command, by offsets; the parser turns them into a StatementNote. */
export interface CommandNote {
  readonly kind: StatementNote['kind'];
  readonly found: string;
  readonly start: number;
  readonly end: number;
}

export interface ScannedCommand {
  readonly written: string;
  readonly script: string;
  readonly end: number;
  readonly notes: readonly CommandNote[];
}

/**
 * Reads a command from `start` to the end of its line, its here-documents included. `undefined` where there is none.
 * With here-documents it follows Dockerfiles: `RUN <<EOF` alone is a script, run by the interpreter its `#!` names, else by
 * bash; in any other command bash gets command and here-documents as they stand.
 */
export function scanCommand(source: string, start: number, reader: HereDocumentReader): ScannedCommand | undefined {
  const line = readLogicalLine(source, start);
  if (line.contentEnd === start) return undefined;
  const marks = findHereDocuments(line.text);
  const notes = continuationNotes(source, line.parts);
  if (marks.length === 0) return { written: line.text, script: line.text, end: line.contentEnd, notes };
  return withHereDocuments(source, line, marks, reader, notes);
}

const EMPTY_LINE = /(?:\r\n|\r(?!\n)|\n)[ \t]*[\r\n]/;

/** Keywords that a continued command hardly begins a line with; FROM and COPY, for two, are words of SQL as well. */
const LOOKS_LIKE_INSTRUCTION = /^(?:RUN|ENV|WORKDIR|EXPOSE)(?=[ \t])/;

/** Reads a text from `start` to the end of its line; `<<` means nothing in it. `undefined` where there is none. */
export function scanText(source: string, start: number): ScannedCommand | undefined {
  const line = readLogicalLine(source, start);
  if (line.contentEnd === start) return undefined;
  return { written: line.text, script: line.text, end: line.contentEnd, notes: continuationNotes(source, line.parts) };
}

function withHereDocuments(
  source: string,
  line: LogicalLine,
  marks: readonly HereDocumentMark[],
  reader: HereDocumentReader,
  notes: readonly CommandNote[],
): ScannedCommand {
  const written = [line.text];
  const only = marks[0]?.written === line.text ? marks[0] : undefined;
  let end = line.end;
  let script: readonly string[] = [];
  for (const mark of marks) {
    const { lines, end: documentEnd, ended } = reader.read(mark, end);
    end = documentEnd;
    script = lines;
    for (const text of lines) written.push(text);
    if (!ended) return { ...joined(written, only, script), end, notes: [...notes, unended(source, line, mark)] };
    written.push(mark.delimiter);
  }
  return { ...joined(written, only, script), end, notes };
}

function joined(
  written: readonly string[],
  only: HereDocumentMark | undefined,
  script: readonly string[],
): Pick<ScannedCommand, 'written' | 'script'> {
  const text = written.join('\n');
  return { written: text, script: only === undefined ? text : asScript(script, only.delimiter) };
}

/** A script that names its interpreter is handed to it as a file; quoting the delimiter keeps bash from expanding it. */
function asScript(lines: readonly string[], delimiter: string): string {
  const interpreter = /^#![ \t]*(\S.*)$/.exec(lines[0] ?? '')?.[1]?.trimEnd();
  if (interpreter === undefined) return lines.join('\n');
  return [`${interpreter} /dev/stdin <<'${delimiter}'`, ...lines, delimiter].join('\n');
}

function unended(source: string, line: LogicalLine, mark: HereDocumentMark): CommandNote {
  const first = line.parts[0]?.start ?? 0;
  const found = source.indexOf(mark.written, first);
  const start = found < 0 || found > line.end ? first : found;
  return { kind: 'unended-here-document', found: mark.delimiter, start, end: start + mark.written.length };
}

/** Continued lines that look like instructions of their own, and empty lines on the way to them. */
function continuationNotes(source: string, parts: readonly ContinuedPart[]): readonly CommandNote[] {
  return parts.slice(1).flatMap((part, index): CommandNote[] => {
    const previous = parts[index];
    const broken = previous === undefined ? '' : source.slice(previous.start + previous.text.length, part.start);
    const notes: CommandNote[] = [];
    if (EMPTY_LINE.test(broken)) notes.push({ kind: 'blank-line', found: '', ...place(part) });
    const keyword = LOOKS_LIKE_INSTRUCTION.exec(part.text)?.[0];
    if (keyword !== undefined) notes.push({ kind: 'keyword-line', found: keyword, ...place(part, keyword) });
    return notes;
  });
}

function place(part: ContinuedPart, text = part.text): { readonly start: number; readonly end: number } {
  return { start: part.start, end: part.start + text.length };
}
