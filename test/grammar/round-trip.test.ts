import test from 'ava';
import fc from 'fast-check';

import { parseLayerfile, printLayerfile } from '../../grammar/index.ts';
import { INSTRUCTION_KINDS } from '../../grammar/keyword.ts';
import { withoutRanges } from './parsing.ts';
import { type SpelledInstruction, spelledInstruction } from './spelled-instruction.ts';

/** Files of instructions whose meaning is known beforehand. */
const files = fc.array(spelledInstruction, { minLength: 1, maxLength: 8 });

function sourceOf(instructions: readonly SpelledInstruction[]): string {
  return ['FROM vm/debian:12', ...instructions.map(({ source }) => source)].join('\n');
}

function meaningsOf(layerfile: unknown): unknown {
  const { instructions } = withoutRanges(layerfile) as { instructions: readonly Record<string, unknown>[] };
  const withoutText = ([name]: readonly [string, unknown]): boolean => name !== 'text';
  return instructions.slice(1).map((fields) => Object.fromEntries(Object.entries(fields).filter(withoutText)));
}

test('whatever way it is written, an instruction is read as what it means', async (t) => {
  const kinds = new Set<string>();
  const property = fc.asyncProperty(files, async (instructions) => {
    const { layerfile } = await parseLayerfile(sourceOf(instructions), 'app/Layerfile');
    for (const { fields } of instructions) kinds.add(fields.kind);
    t.deepEqual(
      meaningsOf(layerfile),
      instructions.map(({ fields }) => fields),
    );
  });
  await fc.assert(property, { numRuns: 500 });
  const notRun = ['FROM', 'AWS', 'ARTIFACT PUBLIC'];
  t.deepEqual(INSTRUCTION_KINDS.filter((kind) => !kinds.has(kind)).sort(), notRun.sort());
});

test('parsing what was printed of a syntax tree gives the same syntax tree', async (t) => {
  const property = fc.asyncProperty(files, async (instructions) => {
    const { layerfile } = await parseLayerfile(sourceOf(instructions), 'app/Layerfile');
    const again = await parseLayerfile(printLayerfile(layerfile), 'app/Layerfile');
    t.deepEqual(withoutRanges(again.layerfile), withoutRanges(layerfile));
  });
  await fc.assert(property, { numRuns: 300 });
});
