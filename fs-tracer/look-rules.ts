import type { LookNotes } from './look-contents.ts';
import type { LookIndex, LookTable } from './look-table.ts';
import type { Visibility, VisibilityBasis } from './visibility.ts';
import { childPath } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/** A workspace on the root of a memory. */
export interface BoundWorkspace {
  readonly visibility: Visibility;
  /** Forgets what it has learnt of folders and rules. */
  readonly forget: () => void;
}

export type StoredBasis = LookNotes['basis'];

/** Answers of git that are remembered; where more were asked for, what depends on them is found out anew. */
const MOST_ANSWERS = 10_000;

/** What decides which paths are visible, of one memory: the rule files of all folders on the way, those for all paths, and git. */
export class LookRules {
  readonly #table: LookTable;
  readonly #before: StoredBasis;
  readonly #bound: BoundWorkspace[] = [];
  #areAsBefore = false;
  #files: readonly LookIndex[] | null = null;
  #indexFile: LookIndex = -1;

  /** `before`: the basis as it was stored, its places those of `table`. */
  constructor(table: LookTable, before: StoredBasis) {
    this.#table = table;
    this.#before = before;
  }

  /** Whether what decides for all paths is what it was; false before a workspace was bound. */
  get areAsBefore(): boolean {
    return this.#areAsBefore;
  }

  bind(bound: BoundWorkspace): void {
    if (this.#bound.push(bound) > 1) return;
    this.#areAsBefore = this.#holdsStill(bound.visibility.basis());
  }

  /** Looks at the rule files that decide about entries of the table. */
  lookFor(places: readonly LookIndex[]): void {
    const before = this.#table.size;
    this.#lookAtBasis();
    const folderFile = this.#basis()?.folderFile ?? null;
    if (folderFile !== null) for (const place of places) this.#lookAtFolders(place, folderFile);
    if (this.#table.size > before) this.forgetFolders();
  }

  /** What was learnt of folders and rules before a look must not go into digests that are taken after it. */
  forgetFolders(): void {
    for (const { forget } of this.#bound) forget();
  }

  /** What visibility depends on, to be stored; null where nothing observed can be kept. */
  toKeep(): StoredBasis {
    const tracked = this.#bound.flatMap(({ visibility }) => visibility.basis().tracked ?? []);
    const answers = new Map<string, boolean>(this.#areAsBefore ? this.#before?.tracked?.answers : []);
    for (const asked of tracked) for (const [path, held] of asked.answers) answers.set(path, held);
    const basis = this.#basis();
    this.#lookAtBasis();
    if (basis === null || tracked.some(({ contradicted }) => contradicted) || answers.size > MOST_ANSWERS) return null;
    const index = answers.size === 0 ? null : { index: this.#indexFile, answers: [...answers] };
    return { key: basis.key, files: this.#files ?? [], tracked: index };
  }

  #holdsStill(basis: VisibilityBasis): boolean {
    const before = this.#before;
    if (before?.key !== basis.key || !before.files.every((file) => this.#table.isUnchanged(file))) return false;
    const { tracked } = before;
    if (tracked === null || this.#table.isUnchanged(tracked.index)) return true;
    return tracked.answers.every(([path, held]) => basis.tracked?.holds(path as WorkspacePath) === held);
  }

  #basis(): VisibilityBasis | null {
    return this.#bound[0]?.visibility.basis() ?? null;
  }

  #lookAtBasis(): void {
    const basis = this.#basis();
    if (this.#files !== null || basis === null) return;
    const before = this.#areAsBefore ? this.#before : null;
    this.#files = before?.files ?? basis.files.map((file) => this.#table.add(file));
    if (basis.tracked !== null) this.#indexFile = before?.tracked?.index ?? this.#table.add(basis.tracked.indexPath);
  }

  #lookAtFolders(place: LookIndex, folderFile: string): void {
    let folder = this.#table.isFolder(place) ? place : this.#table.parentOf(place);
    for (; folder >= 0; folder = this.#table.parentOf(folder)) {
      const place = folder;
      if (!this.#table.addRules(place, () => childPath(this.#table.pathOf(place), folderFile))) return;
    }
  }
}

/** The same basis with other places. */
export function basisAt(
  { key, files, tracked }: NonNullable<StoredBasis>,
  placeOf: (index: LookIndex) => number,
): StoredBasis {
  return {
    key,
    files: files.map(placeOf),
    tracked: tracked === null ? null : { ...tracked, index: placeOf(tracked.index) },
  };
}
