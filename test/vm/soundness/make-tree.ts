import type { GuestPrograms } from './guest-programs.ts';
import type { Random } from './random.ts';
import type { Thing, Tree } from './tree.ts';

const NAMES = [
  ...['a', 'b', 'c', 'd', 'lib', 'src', 'run.sh', 'README', '.hid', '-n', 'x y', '%41', '#', '$HOME'],
  ...['\xc3\xa9', '\xff\xfe', 'a\nb', 'L'.repeat(255)],
];

/** Stands for the case's own name in the targets of symlinks: a case does not know its place among others. */
export const OWN_NAME = '@';

/**
 * Where a case's tree is in its own folder: deep enough that links which lead upwards, also after they were moved, do not
 * reach the folder that it shares with other cases.
 */
export const OWN_PLACE = '1/2/3';

/** A small tree of files, folders, symlinks and what else there is. */
export function makeTree(random: Random, programs: GuestPrograms): Tree {
  const tree = new Map<string, Thing>([['', { type: 'folder' }]]);
  fill(random, programs, tree, '', 0);
  for (const [path, thing] of tree)
    if (thing.type === 'symlink')
      tree.set(path, { type: 'symlink', target: makeTarget(random, [...tree.keys()], path) });
  return tree;
}

function fill(random: Random, programs: GuestPrograms, tree: Map<string, Thing>, folder: string, depth: number): void {
  const names = new Set(
    Array.from({ length: random.between(depth === 0 ? 4 : 0, 6 - depth) }, () => random.pick(NAMES)),
  );
  for (const name of names) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const type = random.weighted<Thing['type']>([
      [60, 'file'],
      [depth < 3 ? 28 : 0, 'folder'],
      [18, 'symlink'],
      [2, 'special'],
    ]);
    tree.set(path, type === 'file' ? makeFile(random, programs) : type === 'symlink' ? { type, target: '' } : { type });
    if (type === 'folder') fill(random, programs, tree, path, depth + 1);
  }
}

export function makeFile(random: Random, programs: GuestPrograms): Thing {
  const executable = random.chance(0.1);
  const bytes = random.weighted<() => Buffer>([
    [12, () => Buffer.alloc(0)],
    [50, () => makeText(random, random.between(1, 60))],
    [6, () => makeText(random, 4096)],
    [12, () => makeText(random, random.between(4000, 9000))],
    [3, () => makeText(random, random.between(60_000, 300_000))],
  ])();
  const kind = random.fraction();
  if (kind < 0.12) return { type: 'file', bytes: Buffer.concat([programs.scriptStart, bytes]), executable: true };
  if (kind < 0.2) return { type: 'file', bytes: Buffer.concat([programs.tiny, bytes]), executable: true };
  return { type: 'file', bytes, executable };
}

function makeText(random: Random, length: number): Buffer {
  return Buffer.alloc(length, `${random.below(1e9).toString(36)} `);
}

/** Relative, absolute, upwards, to nothing, to itself, in a circle: symlinks of every kind but to other cases, and to what they could change. */
export function makeTarget(random: Random, paths: readonly string[], from: string): string {
  const to = random.pick(paths);
  const up = '../'.repeat(from.split('/').length - 1);
  return random.weighted<() => string>([
    [50, () => up + to || '.'],
    [12, () => `/w/${OWN_NAME}/${OWN_PLACE}/${to}`],
    [8, () => `${up}missing`],
    [5, () => `${up}${to}/missing`],
    [5, () => `${up}../${OWN_NAME}-out`],
    // Outside the workspace, and nothing that a case does changes it for others: even its mode cannot be changed.
    [5, () => '/proc/sys/kernel/ostype'],
    [5, () => from.slice(from.lastIndexOf('/') + 1)],
    [5, () => '..'],
    [5, () => `${up}./${to}/../${to}`],
  ])();
}

/** The tree of the case that is called `name`. */
export function treeFor(tree: Tree, name: string): Tree {
  return new Map([...tree].map(([path, thing]) => [path, thingFor(thing, name)]));
}

export function thingFor(thing: Thing, name: string): Thing {
  return thing.type === 'symlink' ? { ...thing, target: thing.target.replaceAll(OWN_NAME, name) } : thing;
}
