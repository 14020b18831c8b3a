import { realpathSync } from 'node:fs';
import { join } from 'node:path';

import { sha256 } from '../util/sha256.ts';
import { encodeLookFile, LookFile } from './look-file.ts';
import { closeAhead, type LookAhead, type Looks, lookNow, placeOf } from './look-now.ts';
import { basisAt, type BoundWorkspace, LookRules } from './look-rules.ts';
import { linkLookFile, storeLookFile } from './look-store.ts';
import type { ReplayPlace } from './replay-file.ts';
import { type LookIndex, LookTable } from './look-table.ts';
import { settledLooks } from './settled-looks.ts';
import { toPathBytes } from './workspace-path.ts';

export interface LookMemoryOptions {
  /** Where look files are kept. */
  readonly folder: string;
  /** The file's name there: whatever asks the same again should name the same. */
  readonly name: string;
  /** The workspace's root. */
  readonly root: string;
  /** Of the helper that was started before this process; null where there is none. */
  readonly ahead: LookAhead | null;
  /** For tests: when the looks are taken to be made, in ms since the epoch. */
  readonly clock?: () => number;
}

/** Entries and the digest of each. */
export interface SetContent {
  readonly entries: readonly string[];
  readonly digests: readonly string[];
}

/** A set as it was remembered, of which something changed. */
export interface ChangedSet extends SetContent {
  /** Where in it the entries are whose digests must be taken anew: ascending. They have been looked at. */
  readonly changed: readonly number[];
}

/** A set as it is stored, or will be. */
interface KeptSet {
  readonly note: string;
  readonly isObserved: boolean;
  readonly count: number;
  /** Where its first entry is in the file. */
  readonly start: number;
  /** Null for one that was stored and not needed one by one. */
  readonly content: (SetContent & { readonly places: ArrayLike<LookIndex> }) | null;
}

/** What was stored, and how it is now. */
interface Seen {
  /** Null where there is none, or it is damaged. */
  readonly file: LookFile | null;
  readonly table: LookTable;
  /** Milliseconds since the epoch, before the first path was looked at. */
  readonly lookedAtMs: number;
  readonly sets: ReadonlyMap<string, KeptSet>;
}

interface Remembered {
  readonly digest: string;
  readonly place: LookIndex;
  readonly isObserved: boolean;
}

/** A decision begins at once after the memory was opened; the next one of the same run may come minutes later. */
const FRESH_MS = 2000;

/** More than this is not worth remembering: it would take hundreds of megabytes. */
const MOST_ENTRIES = 1_000_000;

/**
 * Remembers from one decision to the next what the workspace gave, so that a decision about a workspace that did not change
 * costs one `lstat` a path and nothing else. A *set* is a list of entries (a letter, then a path of the workspace), each with a
 * digest, and a note made from all digests. The memory is kept in a file (look-file.ts), one for each command that is typed.
 *
 * Why it is never wrong. What is remembered of an entry is used only where
 * 1. the record of its path (look-record.ts) is what it was at a look BEFORE the digest was taken. Whatever changes a file,
 *    a symlink or the names in a folder sets its ctime (POSIX), and so its record;
 * 2. at that look the thing had not changed for longer than any clock tick (`isRacilyClean`), so a change after it shows;
 * 3. every folder on the way is a folder now as it was then, each looked at by itself: no symlink has come in between;
 * 4. it is a rule file's and git's business whether a path is visible, and the rule files of all folders on the way have the
 *    same records, as have those for all paths; and where git's index has not, git's answers to the same questions are the same;
 * 5. a folder lies on a file system that is known to date changes of its names, and on the same one as the root. (Some network
 *    file systems do not; git's untracked cache has the same trouble.)
 * 6. nothing on the way to it changed between the look and the end of the decision.
 * All else is found out anew. A file that is damaged, cut short or of another format has another checksum and is not used.
 * It is replaced by renaming, so that readers have one whole file or another; of two writers the last wins. Killing either loses
 * nothing else.
 */
export class LookMemory implements Disposable {
  readonly root: string;
  readonly #options: LookMemoryOptions;
  /** Not looked at yet. Null where there is none of this root. */
  readonly #unseen: LookFile | null;
  #seen: Seen | null = null;
  /** The sets that this process asked for and that hold: what is worth keeping. */
  readonly #kept = new Map<string, KeptSet>();
  #rules: LookRules | null = null;
  #remembered: Map<string, Remembered> | null = null;
  #isChanged = false;

  /** Opens what the last decision left, if anything. All of it is looked at when something is first asked. */
  constructor(options: LookMemoryOptions) {
    this.root = realRoot(options.root);
    this.#options = options;
    this.#unseen = openFile(this.#path, toPathBytes(this.root));
  }

  get #path(): string {
    return join(this.#options.folder, this.#options.name);
  }

  /** What was seen when all was looked at: the helper that was started ahead may still be at it, so this may wait. */
  get #looked(): Seen {
    return (this.#seen ??= this.#lookAtAll());
  }

  #lookAtAll(): Seen {
    const { ahead, clock } = this.#options;
    const found = this.#unseen === null ? null : lookNow(this.#unseen, this.#path, ahead);
    if (ahead !== null) closeAhead(ahead);
    const looks = found ?? noLooks();
    const file = found === null ? null : this.#unseen;
    const table = new LookTable(file, looks, (relative) => placeOf(this.root, relative));
    return { file, table, lookedAtMs: clock?.() ?? looks.lookedAtMs, sets: setsIn(file) };
  }

  get #file(): LookFile | null {
    return this.#looked.file;
  }

  get #table(): LookTable {
    return this.#looked.table;
  }

  get #ruled(): LookRules {
    return (this.#rules ??= new LookRules(this.#table, this.#file?.notes.basis ?? null));
  }

  /** Tells what decides about the visibility of paths, where entries are looked at through a workspace on the same root. */
  bind(bound: BoundWorkspace): void {
    this.#ruled.bind(bound);
  }

  /** Whether it was opened so lately that what it saw then may be taken for what is there now. */
  isFresh(): boolean {
    return Date.now() - this.#looked.lookedAtMs < FRESH_MS;
  }

  /**
   * The note of the set `key`, if nothing in it changed since it was remembered; null otherwise. `isObserved`: the entries
   * are observations of a workspace, so it matters what is visible.
   */
  recall(key: string, isObserved: boolean): string | null {
    const set = this.#kept.get(key) ?? this.#looked.sets.get(key);
    if (set?.isObserved !== isObserved || (set.content === null && !this.#holds(set))) return null;
    this.#kept.set(key, set);
    return set.note;
  }

  /**
   * The set `key` as it was remembered, where it was and what is visible is decided as before: with it, what changed is
   * found out without asking for each entry by its name. Null otherwise: then ask {@link known} for each, after {@link look}.
   */
  changes(key: string, isObserved: boolean): ChangedSet | null {
    const set = this.#looked.sets.get(key);
    if (set?.isObserved !== isObserved || (isObserved && !this.#ruled.areAsBefore)) return null;
    const content = this.#storedContent(set);
    if (content === null) return null;
    const places = this.#placesOf(set);
    const changed: number[] = [];
    for (let position = 0; position < places.length; position++)
      if (!this.#isSteady(places[position] ?? -1, isObserved)) changed.push(position);
    if (isObserved) this.#ruled.lookFor(changed.map((position) => places[position] ?? -1));
    return { ...content, changed };
  }

  /** Keeps a set that {@link changes} gave, with the digests as they are now. */
  amend(key: string, isObserved: boolean, content: SetContent, note: string): void {
    const set = this.#looked.sets.get(key);
    if (set === undefined) return;
    this.#keep(key, isObserved, { ...content, places: this.#placesOf(set) }, note);
  }

  /** The digest of an entry of any set, if certainly nothing that it depends on changed. */
  known(entry: string): string | undefined {
    if (this.#file === null) return undefined;
    this.#remembered ??= this.#readRemembered(this.#file);
    return this.#remembered.get(entry)?.digest;
  }

  /**
   * Hex sha-256 of a text that decides the same each time: hashing a few KB takes milliseconds where V8 has compiled
   * nothing yet. Kept as a set without entries, which always holds, under the whole text.
   */
  sha256(text: string): string {
    const key = `sha256 ${text}`;
    const known = this.recall(key, false);
    if (known !== null) return known;
    const found = sha256(text);
    this.#keep(key, false, { entries: [], digests: [], places: [] }, found);
    return found;
  }

  /** Must be called before digests are taken that shall be remembered. */
  look(entries: readonly string[], isObserved: boolean): void {
    const before = this.#table.size;
    const places = entries.map((entry) => this.#table.add(entry.slice(1)));
    if (isObserved) this.#ruled.lookFor(places);
    if (this.#table.size > before) this.#ruled.forgetFolders();
  }

  /** Keeps a set whose entries were all given to {@link look} before its digests were taken. */
  remember(key: string, isObserved: boolean, content: SetContent, note: string): void {
    const places = content.entries.map((entry) => this.#table.indexOf(entry.slice(1)));
    this.#keep(key, isObserved, { ...content, places }, note);
  }

  #keep(key: string, isObserved: boolean, content: NonNullable<KeptSet['content']>, note: string): void {
    this.#kept.set(key, { note, isObserved, count: content.places.length, start: 0, content });
    this.#isChanged = true;
  }

  /** Stores what this process asked for, if anything of it is new. */
  save(): void {
    const { folder, name, ahead } = this.#options;
    const isStale = !this.#table.isSame && this.#kept.size < this.#looked.sets.size;
    if (this.#isChanged || isStale) {
      const bytes = this.#encode();
      if (bytes !== null) storeLookFile(folder, name, bytes);
    } else if (this.#file === null) return;
    if (ahead !== null) linkLookFile(folder, ahead.key, name);
  }

  /**
   * Where to keep what a run says that asked for nothing but what was remembered, and of which nothing had changed; null where
   * another run would have to find something out.
   */
  replayPlace(): ReplayPlace | null {
    const { folder, ahead } = this.#options;
    const file = this.#file;
    if (ahead === null || file === null || this.#isChanged || !this.#table.isSame) return null;
    return { folder, name: `${ahead.key}.${ahead.facts}`, nonce: file.nonce };
  }

  [Symbol.dispose](): void {
    if (this.#seen === null && this.#options.ahead !== null) closeAhead(this.#options.ahead);
    this.#unseen?.[Symbol.dispose]();
  }

  #holds(set: KeptSet): boolean {
    const { isObserved } = set;
    if (isObserved && !this.#ruled.areAsBefore) return false;
    if (this.#table.isSame) return true;
    const places = this.#placesOf(set);
    for (let position = 0; position < places.length; position++)
      if (!this.#isSteady(places[position] ?? -1, isObserved)) return false;
    return true;
  }

  /** Where its paths are in the table. */
  #placesOf({ start, count, content }: KeptSet): ArrayLike<LookIndex> {
    return content?.places ?? this.#file?.front().places.subarray(start, start + count) ?? [];
  }

  #isSteady(place: LookIndex, isObserved: boolean): boolean {
    if (!this.#table.isUnchanged(place)) return false;
    return !isObserved || (this.#ruled.areAsBefore && this.#table.isRuledAsBefore(place));
  }

  #readRemembered(file: LookFile): Map<string, Remembered> {
    const remembered = new Map<string, Remembered>();
    const tail = file.tail();
    const { places } = file.front();
    let position = 0;
    for (const { isObserved, count } of tail === null ? [] : file.notes.sets) {
      for (const end = position + count; position < end; position++) {
        const place = places[position] ?? -1;
        const [entry, digest] = [tail?.entries[position], tail?.digests[position]];
        if (entry === undefined || digest === undefined || !this.#isSteady(place, isObserved)) continue;
        remembered.set(entry, { digest, place, isObserved });
      }
    }
    return remembered;
  }

  /** Null where there is too much to remember. */
  #encode(): Buffer | null {
    const sets = [...this.#kept].flatMap(([key, set]) => {
      const content = set.content ?? this.#storedContent(set);
      return content === null ? [] : [{ ...set, key, content, places: this.#placesOf(set) }];
    });
    const places = joined(sets.map((set) => set.places));
    if (places.length > MOST_ENTRIES) return null;
    const basis = this.#ruled.toKeep();
    const founding = [...(basis?.files ?? []), basis?.tracked?.index ?? -1];
    const taken = this.#table.take(
      joined([places, founding]),
      settledLooks(this.#table, this.root, this.#looked.lookedAtMs),
    );
    return encodeLookFile({
      root: toPathBytes(this.root),
      ...taken,
      places: new Uint32Array(places.map(taken.placeOf)),
      notes: {
        basis: basis === null ? null : basisAt(basis, taken.placeOf),
        sets: sets.map(({ key, note, isObserved, content }) => ({
          key,
          note,
          isObserved,
          count: content.entries.length,
        })),
      },
      entries: sets.flatMap(({ content }) => content.entries),
      digests: sets.flatMap(({ content }) => content.digests),
    });
  }

  #storedContent({ start, count }: KeptSet): SetContent | null {
    const tail = this.#file?.tail() ?? null;
    if (tail === null) return null;
    const end = start + count;
    return { entries: tail.entries.slice(start, end), digests: tail.digests.slice(start, end) };
  }
}

function joined(parts: readonly ArrayLike<LookIndex>[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch {
    return root;
  }
}

/** Null where there is no look file of this root, or it is plainly damaged. */
function openFile(path: string, root: string): LookFile | null {
  const file = LookFile.open(path);
  if (file === null || file.root === root) return file;
  file[Symbol.dispose]();
  return null;
}

/** Each set of the file, by its key. */
function setsIn(file: LookFile | null): ReadonlyMap<string, KeptSet> {
  const sets = new Map<string, KeptSet>();
  let start = 0;
  for (const { key, note, isObserved, count } of file?.notes.sets ?? []) {
    sets.set(key, { note, isObserved, start, count, content: null });
    start += count;
  }
  return sets;
}

function noLooks(): Looks {
  return { lookedAtMs: Date.now(), changed: new Uint32Array(), records: new Float64Array() };
}
