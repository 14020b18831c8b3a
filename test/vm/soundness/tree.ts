import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';

import type { ObservationKind } from '../../../fs-tracer/index.ts';

export type Thing =
  | { readonly type: 'file'; readonly bytes: Buffer; readonly executable: boolean }
  | { readonly type: 'folder' }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'special' };

/** What stands at each path of a folder, parents before children; '' is the folder. Paths and targets are latin1 bytes. */
export type Tree = ReadonlyMap<string, Thing>;

/** The host's path of `path` in `folder`. */
export function hostPath(folder: string, path: string): Buffer {
  return Buffer.from(path === '' ? folder : `${folder}/${path}`, 'latin1');
}

const LAID_AT_S = 1_600_000_000;

export function layTree(folder: string, tree: Tree): void {
  for (const [path, thing] of tree) layThing(hostPath(folder, path), thing);
}

export function layThing(path: Buffer, thing: Thing): void {
  switch (thing.type) {
    case 'folder':
      mkdirSync(path);
      break;
    case 'file':
      writeFileSync(path, thing.bytes, { flag: 'wx' });
      if (thing.executable) chmodSync(path, 0o755);
      // A whole second, long ago: an edit can keep it exactly.
      utimesSync(path, LAID_AT_S, LAID_AT_S);
      break;
    case 'symlink':
      symlinkSync(Buffer.from(thing.target, 'latin1'), path);
      break;
    case 'special':
      makeFifo(path);
  }
}

/** Arguments of programs are text; a path need not be. Fails as the other calls do where it cannot be made. */
function makeFifo(path: Buffer): void {
  writeFileSync(path, '', { flag: 'wx' });
  rmSync(path);
  const octal = [...path].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
  execFileSync('sh', ['-c', 'mkfifo "$(printf %b "$1")"', 'sh', octal]);
}

/** What is in `folder` now, looked up with nothing but the host's own calls. */
export function scanTree(folder: string): Tree {
  const tree = new Map<string, Thing>();
  const scan = (path: string): void => {
    const thing = thingAt(hostPath(folder, path));
    tree.set(path, thing);
    if (thing.type !== 'folder') return;
    const names = readdirSync(hostPath(folder, path), 'buffer').map((name) => name.toString('latin1'));
    for (const name of names.sort()) scan(path === '' ? name : `${path}/${name}`);
  };
  scan('');
  return tree;
}

function thingAt(path: Buffer): Thing {
  const stats = lstatSync(path);
  if (stats.isDirectory()) return { type: 'folder' };
  if (stats.isSymbolicLink()) return { type: 'symlink', target: readlinkSync(path, 'buffer').toString('latin1') };
  if (!stats.isFile()) return { type: 'special' };
  return { type: 'file', bytes: readFileSync(path), executable: (stats.mode & 0o100) !== 0 };
}

/** The names and types in a folder of a tree, sorted. */
function childrenOf(tree: Tree, path: string): readonly string[] {
  const start = path === '' ? '' : `${path}/`;
  const below = [...tree.keys()].filter((other) => other !== '' && other.startsWith(start));
  return below.map((other) => other.slice(start.length)).filter((name) => !name.includes('/'));
}

/** What an observation tells about a tree, as a text to compare: this program's own idea of it, not the tracer's. */
export function factOf(tree: Tree, path: string, kind: ObservationKind): string {
  const thing = tree.get(path);
  if (thing === undefined) return 'nothing';
  if (kind === 'absent') return 'something';
  if (kind === 'exists') return thing.type;
  if (thing.type === 'file') {
    const executable = thing.executable ? 'executable' : 'plain';
    if (kind === 'content') return `${executable} ${thing.bytes.toString('latin1')}`;
    if (kind === 'stat') return `${executable} ${thing.bytes.length}`;
  }
  if (thing.type === 'symlink' && kind === 'link') return `to ${thing.target}`;
  if (thing.type === 'folder' && kind === 'listing') {
    const child = (name: string): string => (path === '' ? name : `${path}/${name}`);
    const names = [...childrenOf(tree, path)].sort();
    return JSON.stringify(names.map((name) => [name, tree.get(child(name))?.type]));
  }
  return thing.type;
}
