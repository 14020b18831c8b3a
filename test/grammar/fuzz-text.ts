import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import fc from 'fast-check';

import { edited, layerfileText } from './layerfile-text.ts';
import { spelledInstruction } from './spelled-instruction.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The examples, and real Layerfiles of other people beside the repository on machines that have them. */
const FOLDERS = [join(ROOT, 'examples'), join(ROOT, '../shared/corpus')];

/** Every Layerfile that lies around, as text. */
export function realLayerfiles(): readonly string[] {
  return FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.includes('node_modules') && /layerfile\d*$/i.test(basename(path)))
      .sort()
      .map((path) => readFileSync(join(folder, path), 'utf8')),
  );
}

const spelledFile = fc
  .array(spelledInstruction, { maxLength: 8 })
  .map((instructions) => ['FROM vm/debian:12', ...instructions.map(({ source }) => source)].join('\n'));

/** Real and generated files after random edits. */
export function fuzzText(real: readonly string[]): fc.Arbitrary<string> {
  const generated = [layerfileText, spelledFile];
  return edited(fc.oneof(...generated, ...(real.length === 0 ? [] : [fc.constantFrom(...real)])));
}
