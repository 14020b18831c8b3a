import type { EntryType } from '../workspace.ts';
import { isComponent } from '../workspace-path.ts';
import { Damage } from './damage.ts';
import type { ObjectId } from './object-id.ts';

/*
 * A tree (git's tree.c): for each entry `MODE NAME\0` and the raw id; MODE is octal digits. It is sorted as if folders
 * ended in '/'. Of a mode only the type and the owner's exec bit count (git's canon_mode), as in a checkout; what is none of the
 * three types is a submodule.
 */
const TYPE_BITS = 0o170000;
const TYPES: ReadonlyMap<number, EntryType> = new Map([
  [0o100000, 'file'],
  [0o120000, 'symlink'],
  [0o040000, 'folder'],
]);
/** `100644`, and one more that nobody writes. */
const MODE_DIGITS = 7;
const OWNER_EXECUTES = 0o100;
const SUBMODULE: Submodule = { type: 'submodule' };

export interface CommittedFile {
  readonly type: EntryType;
  readonly executable: boolean;
  readonly id: ObjectId;
}

/** Nothing of it is in this repository. */
export interface Submodule {
  readonly type: 'submodule';
}

export type TreeEntry = CommittedFile | Submodule;

/**
 * What a tree holds, by name (latin1). Names that no checkout could have (`..`, `.git`, or with a `/`) are left out, and of
 * entries of one name the first is taken: git refuses to make such trees, but somebody may have. Throws {@link Damage}.
 */
export function parseTree(bytes: Buffer, idBytes: number): ReadonlyMap<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const nul = bytes.indexOf(0, Math.max(space, at));
    const end = nul + 1 + idBytes;
    if (space === -1 || nul === -1 || end > bytes.length) throw new Damage('it is no tree');
    const name = bytes.toString('latin1', space + 1, nul);
    const mode = parseMode(bytes, at, space);
    if (isComponent(name) && name !== '.git' && !entries.has(name))
      entries.set(name, entryOf(mode, bytes.toString('hex', nul + 1, end) as ObjectId));
    at = end;
  }
  return entries;
}

function entryOf(mode: number, id: ObjectId): TreeEntry {
  const type = TYPES.get(mode & TYPE_BITS);
  if (type === undefined) return SUBMODULE;
  return { type, executable: type === 'file' && (mode & OWNER_EXECUTES) !== 0, id };
}

function parseMode(bytes: Buffer, start: number, end: number): number {
  if (end === start || end - start > MODE_DIGITS) throw new Damage('it is no tree');
  let mode = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) throw new Damage('it is no tree');
    mode = mode * 8 + digit;
  }
  return mode;
}
