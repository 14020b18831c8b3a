import vm from 'node:vm';

import { formatDiagnostic, type ParseResult, printLayerfile, type SourceRange } from '../../grammar/index.ts';
import { parseSource } from '../../grammar/parse-source.ts';
import { withoutByteOrderMark } from '../../grammar/source-position.ts';
import { withoutRanges } from './parsing.ts';

/** Far more than any case needs: most take less than a millisecond. */
const LIMIT_MS = 20_000;
/** Each formatting looks for its line from the top; hostile files have thousands of findings. */
const MOST_FORMATTED = 20;

/**
 * What is wrong with how `source` is parsed, `undefined` where nothing is: it must not throw, must end, must give an
 * instruction or a finding, and every place told must be one of the text. What was understood must survive printing.
 */
export function unsoundness(source: string): string | undefined {
  const result = withLimit(source, () => parseSource(source, 'app/Layerfile'));
  const { layerfile, diagnostics } = result;
  const bug = diagnostics.find(({ code }) => code === 'internal-error');
  if (bug !== undefined) return bug.message;
  if (layerfile.instructions.length + diagnostics.length === 0) return 'neither an instruction nor a finding';
  const lines = withoutByteOrderMark(source).split(/\r\n|\r|\n/);
  const outside = placesOf(result).find((range) => !isInside(range, lines));
  if (outside !== undefined) return `a place outside the file: ${JSON.stringify(outside)}`;
  for (const diagnostic of diagnostics.slice(0, MOST_FORMATTED)) formatDiagnostic(diagnostic, source);
  const again = withLimit(source, () => parseSource(printLayerfile(layerfile), 'app/Layerfile'));
  const survives = JSON.stringify(withoutRanges(again.layerfile)) === JSON.stringify(withoutRanges(layerfile));
  return survives ? undefined : 'what was printed parses to something else';
}

function placesOf({ layerfile, diagnostics }: ParseResult): readonly SourceRange[] {
  const related = diagnostics.flatMap((diagnostic) => diagnostic.related ?? []);
  return [...layerfile.instructions, ...diagnostics, ...related].map(({ range }) => range);
}

/** Whether both ends of `range` are places of the text, in order. */
function isInside({ start, end }: SourceRange, lines: readonly string[]): boolean {
  const isPlace = ({ line, column }: SourceRange['start']): boolean =>
    line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1;
  return (
    isPlace(start) && isPlace(end) && (start.line < end.line || (start.line === end.line && start.column <= end.column))
  );
}

const guarded = new vm.Script('globalThis.guardedWork()');

/** Runs `work` and ends it, with an error, when it takes too long: a regular expression can hang within one call. */
function withLimit<Result>(source: string, work: () => Result): Result {
  let result: { readonly value: Result } | undefined;
  Object.assign(globalThis, { guardedWork: () => void (result = { value: work() }) });
  try {
    guarded.runInThisContext({ timeout: LIMIT_MS });
  } catch (cause) {
    throw new Error(`parsing ${source.length} characters threw, or took more than ${LIMIT_MS} ms`, { cause });
  }
  if (result === undefined) throw new Error('the work was not done');
  return result.value;
}
