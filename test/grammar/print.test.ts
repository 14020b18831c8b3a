import test from 'ava';
import fc from 'fast-check';

import { parseLayerfile, printLayerfile } from '../../grammar/index.ts';
import { editedLayerfileText, layerfileText } from './layerfile-text.ts';
import { withoutRanges } from './parsing.ts';

async function survivesPrinting(source: string): Promise<boolean> {
  const { layerfile } = await parseLayerfile(source, 'app/Layerfile');
  const printed = printLayerfile(layerfile);
  const again = (await parseLayerfile(printed, 'app/Layerfile')).layerfile;
  return (
    JSON.stringify(withoutRanges(again)) === JSON.stringify(withoutRanges(layerfile)) &&
    printLayerfile(again) === printed
  );
}

test('prints one canonical line for each instruction', async (t) => {
  const source =
    '# c\r\nfrom vm/debian:12 # c\r\n\r\nTHEN RUN a && \\\r\n  b  c \r\nENV  A=1   B="x  y"\r\nRUN <<E\r\nx\r\nE';
  const { layerfile } = await parseLayerfile(source, 'Layerfile');
  t.is(printLayerfile(layerfile), 'FROM vm/debian:12\nRUN a && b  c\nENV A=1 B="x  y"\nRUN <<E\nx\nE\n');
});

test('an empty Layerfile prints as nothing', async (t) => {
  t.is(printLayerfile((await parseLayerfile('', 'Layerfile')).layerfile), '');
});

test('what is printed parses to the same instructions', async (t) => {
  await t.notThrowsAsync(fc.assert(fc.asyncProperty(layerfileText, survivesPrinting), { numRuns: 500 }));
});

test('what could be understood of a damaged file survives printing as well', async (t) => {
  await t.notThrowsAsync(fc.assert(fc.asyncProperty(editedLayerfileText, survivesPrinting), { numRuns: 1000 }));
});
