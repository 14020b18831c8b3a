import type { Operation, Program } from './operation.ts';
import type { Random } from './random.ts';
import type { Thing, Tree } from './tree.ts';
import { makeTarget } from './make-tree.ts';

/** What is being made up: the paths that the programs of a case may name. */
interface Draft {
  readonly random: Random;
  readonly tree: Tree;
  /** Paths that are named again and again: what one step sees of them must not reach another unobserved. */
  readonly hot: readonly string[];
  /** Names that programs made, so that later operations find them. */
  readonly made: string[];
  readonly backgrounds: string[];
  /** Open files are kept over steps by background processes only. */
  readonly program: Operation[];
}

const SLOT_READERS = ['slot-read', 'slot-list', 'slot-stat', 'slot-map', 'slot-read-map'];

/** Programs for `steps` steps over `tree`. */
export function makePrograms(random: Random, tree: Tree, steps: number): readonly Program[] {
  const [made, backgrounds]: [string[], string[]] = [[], []];
  const hot = Array.from({ length: 2 }, () => random.pick([...tree.keys()]) || '.');
  return Array.from({ length: steps }, () => {
    const draft: Draft = { random, tree, hot, made, backgrounds, program: [] };
    const writes = random.chance(0.5);
    for (let left = random.between(1, 6); left > 0; left--) addOperation(draft, writes);
    return draft.program;
  });
}

function addOperation(draft: Draft, writes: boolean): void {
  const { random, program } = draft;
  const kind = random.weighted([
    [60, 'look'],
    [writes ? 45 : 0, 'write'],
    [10, 'slots'],
    [7, 'background'],
    [draft.backgrounds.length > 0 ? 25 : 0, 'ask'],
    [4, 'enter'],
  ]);
  if (kind === 'look') program.push(lookingOperation(draft));
  else if (kind === 'write') program.push(writingOperation(draft));
  else if (kind === 'slots') addSlots(draft);
  else if (kind === 'background') addBackground(draft);
  else if (kind === 'ask') program.push(['ask', random.pick(draft.backgrounds), ...askedOperation(draft)]);
  else program.push(['enter', pathOf(draft, 'folder')]);
}

function lookingOperation(draft: Draft): Operation {
  const { random } = draft;
  const file = (): string => pathOf(draft, 'file');
  return random.weighted<() => Operation>([
    [16, () => ['read', file()]],
    [
      5,
      () => ['part', file(), String(random.pick([0, 1, 100, 4096, 5000])), String(random.pick([1, 10, 4096, 65536]))],
    ],
    [5, () => ['map', file()]],
    [4, () => ['map-blindly', file()]],
    [4, () => ['send', file()]],
    [2, () => ['end', file()]],
    [8, () => ['execute', file()]],
    [9, () => ['stat', pathOf(draft, 'any')]],
    [7, () => ['look', pathOf(draft, 'any')]],
    [7, () => ['exists', pathOf(draft, random.pick(['absent', 'any']))]],
    [3, () => ['may-execute', pathOf(draft, 'file')]],
    [10, () => ['list', pathOf(draft, 'folder')]],
    [5, () => ['list-all', pathOf(draft, 'folder')]],
    [2, () => ['walk', pathOf(draft, 'folder')]],
    [7, () => ['link', pathOf(draft, 'symlink')]],
  ])();
}

function writingOperation(draft: Draft): Operation {
  const { random, made } = draft;
  const text = random.below(1e6).toString(36);
  const any = (): string => pathOf(draft, 'any');
  const target = (): string => {
    const path = random.chance(0.6) ? pathOf(draft, 'absent') : any();
    made.push(path);
    return path;
  };
  return random.weighted<() => Operation>([
    [8, () => ['write', target(), text]],
    [6, () => ['create', target(), text]],
    [8, () => ['append', pathOf(draft, 'file'), text]],
    [4, () => ['truncate', pathOf(draft, 'file'), String(random.pick([0, 3, 5000]))]],
    [12, () => ['rename', any(), target()]],
    [8, () => ['unlink', any()]],
    [4, () => ['remove-folder', pathOf(draft, 'folder')]],
    [3, () => ['remove-all', pathOf(draft, 'folder')]],
    [7, () => ['make-folder', target()]],
    [4, () => ['make-link', target(), makeTarget(random, [...draft.tree.keys()], 'x')]],
    [3, () => ['hard-link', any(), target()]],
    [7, () => ['mode', any(), random.pick(['644', '755', '700', '600'])]],
    [7, () => ['copy', pathOf(draft, 'file'), target()]],
  ])();
}

function addSlots({ random, program, ...rest }: Draft): void {
  const draft = { random, program, ...rest };
  const slot = String(random.below(4));
  if (random.chance(0.3)) program.push(['slot-open-folder', slot, pathOf(draft, 'folder')]);
  else program.push(['slot-open', slot, pathOf(draft, random.chance(0.3) ? 'folder' : 'file')]);
  if (random.chance(0.6)) program.push([random.pick(SLOT_READERS), slot]);
}

/** It may hold a folder or a file open, or work in a folder. */
function addBackground(draft: Draft): void {
  const { random, program, backgrounds } = draft;
  const number = String(backgrounds.length);
  if (random.chance(0.4)) program.push(['enter', pathOf(draft, 'folder')]);
  if (random.chance(0.6)) addSlots(draft);
  program.push(['background', number]);
  backgrounds.push(number);
}

function askedOperation(draft: Draft): Operation {
  const { random } = draft;
  if (random.chance(0.4)) return [random.pick(SLOT_READERS), String(random.below(4))];
  if (random.chance(0.3)) return ['slot-open', String(random.below(4)), pathOf(draft, random.pick(['file', 'folder']))];
  return lookingOperation(draft);
}

/** A path that mostly is what it is asked to be. */
function pathOf(draft: Draft, wanted: Thing['type'] | 'any' | 'absent'): string {
  const { random, tree, hot, made } = draft;
  if (wanted !== 'absent' && random.chance(0.35)) return random.pick(hot);
  const all = [...tree.keys()];
  const fitting = all.filter((path) => wanted === 'any' || tree.get(path)?.type === wanted);
  if (wanted === 'absent' || random.chance(0.08)) return absentPath(draft);
  if (made.length > 0 && random.chance(0.2)) return random.pick(made);
  const path = fitting.length > 0 && random.chance(0.85) ? random.pick(fitting) : random.pick(all);
  return throughLink(draft, path) || '.';
}

/** In a folder, in a missing folder, in a file: names that nothing has. */
function absentPath({ random, tree }: Draft): string {
  const folder = random.pick([...tree.keys()]);
  const name = random.pick(['new', 'none', 'node_modules', '.env', 'a', 'deep/er', 'A']);
  return folder === '' ? name : `${folder}/${name}`;
}

/** The same path, or one that goes over a symlink or through `..`. */
function throughLink({ random, tree }: Draft, path: string): string {
  if (random.chance(0.1)) return `./${path}`;
  if (random.chance(0.12)) {
    const links = [...tree].filter(([, thing]) => thing.type === 'symlink').map(([link]) => link);
    if (links.length > 0) return `${random.pick(links)}/${path.slice(path.lastIndexOf('/') + 1)}`;
  }
  return path;
}
