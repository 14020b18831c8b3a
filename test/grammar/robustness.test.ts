import test from 'ava';
import fc from 'fast-check';

import { parseLayerfile } from '../../grammar/index.ts';
import { fuzzText, realLayerfiles } from './fuzz-text.ts';
import { layerfileText } from './layerfile-text.ts';
import { unsoundness } from './soundness.ts';

/** Fixed, so that a failure is everybody's; `npm run fuzz:grammar` tries others. */
const SEED = 20_260_101;

test('right files in any order and with any line ends have no errors but `not supported`', async (t) => {
  const allowed = new Set(['not-supported']);
  const property = fc.asyncProperty(layerfileText, async (source) => {
    const { diagnostics } = await parseLayerfile(source, 'app/Layerfile');
    return diagnostics.every(({ severity, code }) => severity === 'warning' || allowed.has(code));
  });
  await t.notThrowsAsync(fc.assert(property, { numRuns: 500 }));
});

test('2,000 edited files give instructions or findings with places inside the file', (t) => {
  const real = realLayerfiles();
  t.log(`seed ${SEED}, ${real.length} real files and generated ones`);
  const property = fc.property(fuzzText(real), (source) => {
    t.is(unsoundness(source), undefined);
  });
  fc.assert(property, { numRuns: 2000, seed: SEED });
});

test('any text at all gives instructions or findings', (t) => {
  const anyText = fc.string({ unit: 'binary', maxLength: 200 });
  const property = fc.property(anyText, (source) => {
    t.is(unsoundness(source), undefined);
  });
  fc.assert(property, { numRuns: 1000, seed: SEED });
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
  test(`many ${name} are read in one pass`, (t) => {
    // Quadratic time would be minutes, and is cut off.
    t.is(unsoundness(source), undefined);
  });
}

test('a second SPLIT is refused where it stands', async (t) => {
  const { diagnostics } = await parseLayerfile('FROM vm/debian:12\nSPLIT 2\nRUN a\nSPLIT 3\n', 'Layerfile');
  t.like(diagnostics, [{ code: 'split-twice', severity: 'error', range: { start: { line: 4 } } }]);
});
