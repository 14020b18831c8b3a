import test from 'ava';
import fc from 'fast-check';

import { formatDiagnostic, parseLayerfile, type SourceRange } from '../../grammar/index.ts';
import { withoutByteOrderMark } from '../../grammar/source-position.ts';
import { editedLayerfileText, layerfileText } from './layerfile-text.ts';

/** Whether both ends of `range` are places of the text, in order. */
function isInside(range: SourceRange, lines: readonly string[]): boolean {
  const { start, end } = range;
  const isPlace = ({ line, column }: SourceRange['start']): boolean =>
    line >= 1 && line <= lines.length && column >= 1 && column <= lines[line - 1]!.length + 1;
  return (
    isPlace(start) && isPlace(end) && (start.line < end.line || (start.line === end.line && start.column <= end.column))
  );
}

async function isSound(source: string): Promise<boolean> {
  const { layerfile, diagnostics } = await parseLayerfile(source, 'app/Layerfile');
  const lines = withoutByteOrderMark(source).split(/\r\n|\r|\n/);
  const ranges = [...layerfile.instructions, ...diagnostics].map(({ range }) => range);
  // Each formatting looks for its line from the top; the hostile files have thousands of findings.
  for (const diagnostic of diagnostics.slice(0, 20)) formatDiagnostic(diagnostic, source);
  if (diagnostics.some(({ code }) => code === 'internal-error')) return false;
  return ranges.every((range) => isInside(range, lines)) && layerfile.instructions.length + diagnostics.length > 0;
}

test('right files in any order and with any line ends have no errors but `not supported`', async (t) => {
  const allowed = new Set(['not-supported']);
  const property = fc.asyncProperty(layerfileText, async (source) => {
    const { diagnostics } = await parseLayerfile(source, 'app/Layerfile');
    return diagnostics.every(({ severity, code }) => severity === 'warning' || allowed.has(code));
  });
  await t.notThrowsAsync(fc.assert(property, { numRuns: 500 }));
});

test('2,000 edited files give instructions or findings with places inside the file', async (t) => {
  await t.notThrowsAsync(fc.assert(fc.asyncProperty(editedLayerfileText, isSound), { numRuns: 2000 }));
});

test('any text at all gives instructions or findings', async (t) => {
  const anyText = fc.string({ unit: 'binary', maxLength: 200 });
  await t.notThrowsAsync(fc.assert(fc.asyncProperty(anyText, isSound), { numRuns: 1000 }));
});

const LENGTH = 200_000;
const hostile: Readonly<Record<string, string>> = {
  'blanks in a command': `RUN a${' '.repeat(LENGTH)}b`,
  quotes: `ENV A=${'"'.repeat(LENGTH + 1)}`,
  'open brackets': `ENV A=${'$('.repeat(LENGTH)}`,
  'open arithmetic': `RUN <<A ${'(('.repeat(LENGTH)}`,
  'open quotes in a command': `RUN <<A ${'"a'.repeat(LENGTH)}`,
  'quotes in an open bracket': `WORKDIR $(${'"a'.repeat(LENGTH + 1)}`,
  backslashes: `RUN ${'\\'.repeat(LENGTH)}`,
  'continued lines': 'RUN a \\\n'.repeat(LENGTH / 10),
  'here-documents that never end': Array.from({ length: LENGTH / 10 }, (_, index) => `RUN <<A${index}`).join('\n'),
  'here-documents whose end has a tab': 'RUN <<A\n'.repeat(LENGTH / 10) + '\tA',
  'empty lines in a keyword': `RUN \\${'\r\n'.repeat(LENGTH)}BACKGROUN`,
  AND: `SKIP REMAINING IF ${'AND '.repeat(LENGTH / 10)}`,
  'brackets in a list': `RUN ${'['.repeat(LENGTH)}`,
};

for (const [name, source] of Object.entries(hostile)) {
  test(`many ${name} are read in one pass`, async (t) => {
    // Quadratic time would be minutes, and AVA's limit would end the test.
    t.timeout(30_000);
    t.true(await isSound(source));
  });
}
