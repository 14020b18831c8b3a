import {
  appendFileSync,
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';

import type { GuestPrograms } from './guest-programs.ts';
import { makeFile, makeTarget, thingFor } from './make-tree.ts';
import type { Random } from './random.ts';
import { hostPath, layThing, type Thing, type Tree } from './tree.ts';

/** One change of a workspace. Those that cannot be made (nothing is there, something else is) change nothing. */
export type Edit =
  | { readonly verb: (typeof SIMPLE)[number]; readonly path: string }
  | { readonly verb: 'rename' | 'swap'; readonly path: string; readonly to: string }
  | { readonly verb: 'put' | 'replace'; readonly path: string; readonly thing: Thing };

const SIMPLE = [
  ...(['alter', 'alter-keeping-times', 'append', 'empty', 'grow', 'delete', 'flip-executable', 'touch'] as const),
  ...(['rewrite', 'mode'] as const),
];

/** One to three edits, most of them of what programs may have looked at (`seen`) or next to it. */
export function makeEdits(
  random: Random,
  tree: Tree,
  seen: readonly string[],
  programs: GuestPrograms,
): readonly Edit[] {
  return Array.from({ length: random.weighted([[6, 1] as const, [3, 2] as const, [1, 3] as const]) }, () => {
    return makeEdit(random, tree, seen.length === 0 ? [''] : seen, programs);
  });
}

function makeEdit(random: Random, tree: Tree, seen: readonly string[], programs: GuestPrograms): Edit {
  const all = [...tree.keys()];
  const inTree = all.filter((path) => path !== '' && (seen.includes(path) || random.chance(0.3)));
  const existing = (): string => random.pick(inTree.length === 0 ? [...all.slice(1), 'none'] : inTree);
  const missing = (): string => {
    const absent = seen.filter((path) => !tree.has(path));
    return absent.length > 0 && random.chance(0.7) ? random.pick(absent) : beside(random, random.pick(all));
  };
  const thing = (): Thing =>
    random.weighted<() => Thing>([
      [6, () => makeFile(random, programs)],
      [3, () => ({ type: 'folder' })],
      [3, () => ({ type: 'symlink', target: makeTarget(random, all, 'x') })],
      [1, () => ({ type: 'special' })],
    ])();
  return random.weighted<() => Edit>([
    [40, () => ({ verb: random.pick(SIMPLE), path: existing() })],
    [14, () => ({ verb: 'put', path: missing(), thing: thing() })],
    [12, () => ({ verb: 'replace', path: existing(), thing: thing() })],
    [8, () => ({ verb: 'rename', path: existing(), to: random.chance(0.5) ? missing() : beside(random, existing()) })],
    [5, () => ({ verb: 'swap', path: existing(), to: existing() })],
  ])();
}

function beside(random: Random, path: string): string {
  const name = random.pick(['new', 'zz', '0', 'a', 'lib']);
  const folder = random.chance(0.4) ? path : path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return folder === '' ? name : `${folder}/${name}`;
}

/** The edit of the case that is called `name`. */
export function editFor(edit: Edit, name: string): Edit {
  return 'thing' in edit ? { ...edit, thing: thingFor(edit.thing, name) } : edit;
}

/** Changes the tree in `folder` as a person would. */
export function applyEdit(folder: string, edit: Edit): void {
  const paths = 'to' in edit ? [edit.path, edit.to] : [edit.path];
  try {
    if (!paths.some((path) => leadsOverLink(folder, path))) apply(folder, edit);
  } catch (error) {
    if (!IMPOSSIBLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Such a path may lead anywhere. */
function leadsOverLink(folder: string, path: string): boolean {
  const parts = path.split('/').slice(0, -1);
  return parts.some((_, index) => {
    const parent = hostPath(folder, parts.slice(0, index + 1).join('/'));
    return lstatSync(parent, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  });
}

const IMPOSSIBLE: ReadonlySet<string> = new Set([
  ...['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'EINVAL', 'ENXIO', 'ELOOP', 'ENAMETOOLONG'],
]);

function apply(folder: string, edit: Edit): void {
  const path = hostPath(folder, edit.path);
  switch (edit.verb) {
    case 'put':
      mkdirSync(hostPath(folder, edit.path.slice(0, Math.max(0, edit.path.lastIndexOf('/')))), { recursive: true });
      layThing(path, edit.thing);
      break;
    case 'replace':
      lstatSync(path);
      rmSync(path, { recursive: true });
      layThing(path, edit.thing);
      break;
    case 'rename':
      renameSync(path, hostPath(folder, edit.to));
      break;
    case 'swap': {
      const aside = hostPath(folder, '.swapped');
      const to = hostPath(folder, edit.to);
      if (edit.path.startsWith(edit.to) || edit.to.startsWith(edit.path)) return;
      lstatSync(to);
      renameSync(path, aside);
      renameSync(to, path);
      renameSync(aside, to);
      break;
    }
    case 'delete':
      rmSync(path, { recursive: true });
      break;
    default:
      applyToFile(path, edit.verb);
  }
}

/** Also folders are touched; symlinks and special files are left as they are. */
function applyToFile(path: Buffer, verb: (typeof SIMPLE)[number]): void {
  const stats = lstatSync(path);
  if (verb === 'touch' && stats.isDirectory()) utimesSync(path, 1e9, 1e9);
  if (!stats.isFile()) return;
  if (verb === 'alter' || verb === 'alter-keeping-times') alterByte(path, stats.size);
  else if (verb === 'append') appendFileSync(path, 'more');
  else if (verb === 'empty') truncateSync(path, 0);
  else if (verb === 'grow') truncateSync(path, stats.size + 5000);
  else if (verb === 'flip-executable') chmodSync(path, stats.mode ^ 0o111);
  else if (verb === 'mode') chmodSync(path, stats.mode ^ 0o044);
  else if (verb === 'touch') utimesSync(path, 1e9, 1e9);
  else if (verb === 'rewrite') rewrite(path, (stats.mode & 0o100) !== 0);
  if (verb === 'alter-keeping-times') utimesSync(path, stats.atimeMs / 1000, stats.mtimeMs / 1000);
}

/** The last one: the first ones of a script or a program say what it is. */
function alterByte(path: Buffer, size: number): void {
  if (size === 0) return;
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, size - 1);
  writeSync(file, byte[0] === 0x41 ? 'B' : 'A', size - 1);
  closeSync(file);
}

function rewrite(path: Buffer, executable: boolean): void {
  const bytes = readFileSync(path);
  rmSync(path);
  layThing(path, { type: 'file', bytes, executable });
}
