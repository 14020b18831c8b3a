import type { InstructionKind } from './instruction.ts';
import { INSTRUCTION_KINDS } from './keyword.ts';
import { nearest } from './nearest.ts';

/** What an unknown line was probably meant as. */
export interface MeantKeyword {
  readonly kind: InstructionKind;
  /** How many words of the line stand for the keyword. */
  readonly words: number;
}

/** What people write by habit for an instruction, too far from its name to be a misspelling. */
const HABITS: ReadonlyMap<string, InstructionKind> = new Map([
  ['SKIP IF', 'SKIP REMAINING IF'],
  ['SKIP REMAINING', 'SKIP REMAINING IF'],
  ['BACKGROUND', 'RUN BACKGROUND'],
  ['REPEATABLE', 'RUN REPEATABLE'],
  ['EXPORT', 'ENV'],
  ['SET ENV', 'ENV'],
  ['ENVIRONMENT', 'ENV'],
  ['MEM', 'MEMORY'],
  ['WEBSITE', 'EXPOSE WEBSITE'],
  ['EXPOSE WEB', 'EXPOSE WEBSITE'],
  ['EXPOSE HTTP', 'EXPOSE WEBSITE'],
  ['EXPOSE HTTPS', 'EXPOSE WEBSITE'],
  ['EXPOSE PORT', 'EXPOSE TCP'],
  ['EXPOSE UDP', 'EXPOSE TCP'],
]);

/** The instruction that the line beginning with `words` was meant as; `undefined` where none is near. */
export function meantKeyword(words: readonly string[]): MeantKeyword | undefined {
  for (let count = Math.min(3, words.length); count >= 1; count -= 1) {
    const found = words.slice(0, count).map((word) => word.toUpperCase().replace(/:$/, ''));
    const kind =
      HABITS.get(found.join(' ')) ??
      runTogether(found) ??
      misspelt(found) ??
      (count === words.length ? INSTRUCTION_KINDS.find((known) => known.startsWith(found.join(' '))) : undefined);
    if (kind !== undefined) return { kind, words: count };
  }
  return incomplete(words);
}

/** `SETUPFILE`, `CHECK POINT`, `RUN_BACKGROUND`. */
function runTogether(found: readonly string[]): InstructionKind | undefined {
  const letters = found.join('').replaceAll(/[-_]/g, '');
  return INSTRUCTION_KINDS.find((kind) => kind.replaceAll(' ', '') === letters);
}

/** The instruction of as many words, each of them near: `SECRET A` is not `SECRET ENV`, whatever A is. */
function misspelt(found: readonly string[]): InstructionKind | undefined {
  const written = found.join(' ').replaceAll(/[-_]/g, ' ');
  const parts = written.split(' ');
  const alike = INSTRUCTION_KINDS.filter((kind) => {
    const words = kind.split(' ');
    return words.length === parts.length && words.every((word, index) => nearest(parts[index] ?? '', [word]) === word);
  });
  return nearest(written, alike);
}

/** The instruction of several words whose first one is there: `SECRET TOKEN`. */
function incomplete(words: readonly string[]): MeantKeyword | undefined {
  const kinds = INSTRUCTION_KINDS.filter((kind) => kind.includes(' ') && !kind.startsWith('RUN '));
  const first = nearest(words[0]?.toUpperCase() ?? '', [...new Set(kinds.map((kind) => kind.split(' ')[0] ?? kind))]);
  const kind = kinds.find((known) => known.startsWith(`${first ?? '-'} `));
  return kind === undefined ? undefined : { kind, words: 1 };
}
