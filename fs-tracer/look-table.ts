import type { HostPath } from './host-path.ts';
import type { StoredLooks, TableContents } from './look-contents.ts';
import type { Looks } from './look-now.ts';
import { distrust, isFolderIn, isSame, lookInto, RECORD_BYTES, RECORD_DOUBLES, recordIn } from './look-record.ts';
import { parentPath } from './workspace-path.ts';

/** The workspace's root, which comes first. */
const ROOT = '';

const NOTHING_CHANGED = { changed: new Uint32Array(), records: new Float64Array() };

/** Which entry of the table is meant; -1: none. */
export type LookIndex = number;

/** What holds of a folder and all above it, compared with then. */
const MOVED = 0;
const RULED_OTHERWISE = 1;
const WHOLE = 2;

export interface TakenLooks extends TableContents {
  /** Where in it an entry of the table is. */
  readonly placeOf: (index: LookIndex) => number;
}

/**
 * Paths that were looked at, as they were then and as they are now. An entry is *unchanged* where its record is the same and
 * every folder on the way still is a folder (or still is none): then whatever can be learnt by asking the file system about
 * that path, following no symlink, is what it was. It is *ruled as before* where the rule files of all folders on the way are
 * unchanged as well.
 */
export class LookTable {
  /** Whether nothing at all changed. Then nothing of what is stored is read before something is added. */
  readonly isSame: boolean;
  readonly #stored: StoredLooks | null;
  /** How many entries are stored. */
  readonly #before: number;
  readonly #hostPath: (path: string) => HostPath;
  #then: Float64Array = new Float64Array();
  #paths: string[] | null = null;
  /** Made when a path is looked for: putting 50,000 into it takes longer than all else where a few files were edited. */
  #indexes: Map<string, LookIndex> | null = null;
  #now: Float64Array = new Float64Array();
  #parents: Int32Array = new Int32Array();
  #rules: Int32Array = new Int32Array();
  #size: number;
  /** Of each entry that was there then, taken as a folder. */
  #standing: Uint8Array = new Uint8Array();

  /** `looks`: how what is stored differs from what is there, as seen before anything that shall be remembered is found out. */
  constructor(
    stored: StoredLooks | null,
    looks: Pick<Looks, 'changed' | 'records'>,
    hostPath: (path: string) => HostPath,
  ) {
    this.#stored = stored;
    this.#before = stored?.count ?? 0;
    this.#size = this.#before;
    this.#hostPath = hostPath;
    this.isSame = looks.changed.length === 0;
    if (stored === null || this.isSame) return;
    this.#read(stored, looks);
    for (let index = 0; index < this.#size; index++) this.#standing[index] = this.#standingOf(index);
  }

  #read(stored: StoredLooks, { changed, records }: Pick<Looks, 'changed' | 'records'>): void {
    const front = stored.front();
    this.#then = front.records;
    this.#now = new Float64Array(front.records);
    for (const [place, index] of changed.entries()) this.#now.set(recordIn(records, place), index * RECORD_DOUBLES);
    this.#parents = front.parents;
    this.#rules = front.rules;
    this.#standing = new Uint8Array(this.#size).fill(WHOLE);
  }

  get size(): number {
    return this.#size;
  }

  pathOf(index: LookIndex): string {
    return this.#known()[index] ?? '';
  }

  /** -1 where it was never looked at. */
  indexOf(path: string): LookIndex {
    const known = this.#known();
    if (path === ROOT && known[0] === ROOT) return 0;
    this.#indexes ??= new Map(known.map((each, index) => [each, index]));
    return this.#indexes.get(path) ?? -1;
  }

  #known(): string[] {
    if (this.#paths !== null) return this.#paths;
    if (this.#stored !== null && this.isSame) this.#read(this.#stored, NOTHING_CHANGED);
    return (this.#paths = [...(this.#stored?.front().paths() ?? [])]);
  }

  isUnchanged(index: LookIndex): boolean {
    if (index < 0 || index >= this.#before) return false;
    if (this.isSame) return true;
    const parent = this.#parents[index] ?? -1;
    return isSame(this.#then, this.#now, index) && (parent < 0 || this.#standing[parent] !== MOVED);
  }

  isRuledAsBefore(index: LookIndex): boolean {
    if (index < 0 || index >= this.#before) return false;
    if (this.isSame) return true;
    const folder = isFolderIn(this.#now, index) ? index : (this.#parents[index] ?? -1);
    return folder < 0 || this.#standing[folder] === WHOLE;
  }

  /** Folders come before what is in them, so what they depend on is known. */
  #standingOf(index: LookIndex): number {
    const parent = this.#parents[index] ?? -1;
    const above = parent < 0 ? WHOLE : (this.#standing[parent] ?? MOVED);
    if (isFolderIn(this.#then, index) !== isFolderIn(this.#now, index) || above === MOVED) return MOVED;
    const rules = this.#rules[index] ?? -1;
    return above === WHOLE && (rules < 0 || isSame(this.#then, this.#now, rules)) ? WHOLE : RULED_OTHERWISE;
  }

  /** The entry of `path`, which is looked at now if it never was. Folders are added with all above them. */
  add(path: string): LookIndex {
    const known = this.indexOf(path);
    if (known >= 0) return known;
    const parent = isAbsolute(path) || path === '' ? -1 : this.add(parentPath(path) ?? '');
    return this.#append(path, parent);
  }

  /** Makes `file`, in that folder, part of what holds for all below it. False where that was done before. */
  addRules(folder: LookIndex, file: () => string): boolean {
    if (!isFolderIn(this.#now, folder)) return true;
    if ((this.#rules[folder] ?? -1) >= 0) return false;
    // Adding may move the table to a larger one.
    const added = this.add(file());
    this.#rules[folder] = added;
    return true;
  }

  parentOf(index: LookIndex): LookIndex {
    return this.#parents[index] ?? -1;
  }

  isFolder(index: LookIndex): boolean {
    return isFolderIn(this.#now, index);
  }

  /** Whether the thing is not as it was when it was looked at. */
  isChangedSince(index: LookIndex): boolean {
    const again = new Float64Array(RECORD_DOUBLES);
    lookInto(again, 0, this.#hostPath(this.pathOf(index)));
    return !isSame(again, this.#now.subarray(index * RECORD_DOUBLES), 0);
  }

  /** The entries in `kept`, and the folders and rules that they depend on, as they are now. Others than `isSettled` are distrusted. */
  take(kept: Iterable<LookIndex>, isSettled: (index: LookIndex, now: Float64Array) => boolean): TakenLooks {
    const chosen = this.#withFoundations(kept);
    const places = new Int32Array(this.#size).fill(-1);
    const records = new Float64Array(chosen.length * RECORD_DOUBLES);
    for (let place = 0; place < chosen.length; place++) {
      const index = chosen[place] ?? 0;
      places[index] = place;
      const at = index * RECORD_DOUBLES;
      for (let field = 0; field < RECORD_DOUBLES; field++)
        records[place * RECORD_DOUBLES + field] = this.#now[at + field] ?? 0;
      if (!isSettled(index, this.#now)) distrust(records, place);
    }
    const placeOf = (index: LookIndex): number => places[index] ?? -1;
    return {
      records,
      parents: chosen.map((index) => placeOf(this.#parents[index] ?? -1)),
      rules: chosen.map((index) => placeOf(this.#rules[index] ?? -1)),
      paths: () => Array.from(chosen, (index) => this.pathOf(index)),
      placeOf,
    };
  }

  /** Ascending. */
  #withFoundations(kept: Iterable<LookIndex>): Int32Array {
    const chosen = new Uint8Array(this.#size);
    const add = (index: LookIndex): void => {
      if (index < 0 || chosen[index] === 1) return;
      chosen[index] = 1;
      add(this.#parents[index] ?? -1);
      add(this.#rules[index] ?? -1);
    };
    for (const index of kept) add(index);
    const ascending: LookIndex[] = [];
    for (let index = 0; index < this.#size; index++) if (chosen[index] === 1) ascending.push(index);
    return Int32Array.from(ascending);
  }

  #append(path: string, parent: LookIndex): LookIndex {
    const index = this.#known().push(path) - 1;
    this.#indexes?.set(path, index);
    this.#size = index + 1;
    if (index * RECORD_BYTES >= this.#now.byteLength) this.#grow();
    this.#parents[index] = parent;
    this.#rules[index] = -1;
    lookInto(this.#now, index, this.#hostPath(path));
    return index;
  }

  #grow(): void {
    const room = Math.max(1024, this.#size * 2);
    const now = new Float64Array(room * RECORD_DOUBLES);
    now.set(this.#now);
    this.#now = now;
    this.#parents = grown(this.#parents, room);
    this.#rules = grown(this.#rules, room);
  }
}

function grown(indexes: Int32Array, room: number): Int32Array {
  const larger = new Int32Array(room).fill(-1);
  larger.set(indexes);
  return larger;
}

/** Not of the workspace: named by its place on the host. */
function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}
