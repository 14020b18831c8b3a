import type { AheadPage, QuietListing } from './quiet-answers.ts';
import { type DirectoryEntry, packDirectory, type PackedPage } from './fuse-directory.ts';
import { PAGE_BYTES } from './fuse-protocol.ts';
import type { NodeEntry } from './fuse-replies.ts';
import { inodeOf, type MountPath, type NodeRecord, type NodeTable } from './node-table.ts';
import type { ViewTree } from './view-tree.ts';
import { childPath, parentPath } from './workspace-path.ts';
import type { ListedEntry } from './workspace.ts';

/** Listings kept while the guest pages through them; more at once are taken anew, which costs only time. */
const MAX_KEPT_LISTINGS = 64;
/** Of a listing, sent with the first; a page holds some twenty names. */
const PAGES_AHEAD = 40;

export interface ListingsParts {
  readonly tree: ViewTree;
  readonly nodes: NodeTable;
}

/** What a READDIR or READDIRPLUS asks for. */
interface AskedPage {
  /** Entries that the guest has. */
  readonly offset: number;
  /** Bytes. */
  readonly limit: number;
  readonly plus: boolean;
}

export interface ListingPage extends PackedPage {
  /** The guest had all names before. */
  readonly isLast: boolean;
}

/** The pages of a listing that come after one. */
export interface RestOfListing {
  readonly pages: readonly AheadPage[];
  /** All entries of the folder, where the pages are all there are. */
  readonly whole: readonly ListedEntry[] | null;
}

/** The listings that the guest pages through. */
export class Listings {
  readonly #parts: ListingsParts;
  readonly #describe: (path: MountPath) => NodeEntry | null;
  readonly #kept = new Map<number, readonly DirectoryEntry[]>();
  /** How much of a listing the guest asks for at a time. */
  #pageBytes = PAGE_BYTES;

  /** `describe` tells what READDIRPLUS says of a name; null where nothing is there any longer. */
  constructor(parts: ListingsParts, describe: (path: MountPath) => NodeEntry | null) {
    this.#parts = parts;
    this.#describe = describe;
  }

  /** Observes the listing where it is taken: at its front. Null for what is no folder. */
  page(folder: NodeRecord, { offset, limit, plus }: AskedPage): ListingPage | null {
    const entries = this.#listing(folder, offset === 0);
    if (entries === null) return null;
    const isLast = offset >= entries.length;
    if (isLast) this.#kept.delete(folder.id);
    return { ...packDirectory(entries, offset, limit, plus ? this.#describerOf(folder) : null), isLast };
  }

  /** What follows of the listing that {@link page} was just asked for, from entry `start` on. */
  rest(folder: NodeRecord, start: number, limit: number): RestOfListing {
    this.#pageBytes = limit;
    const entries = this.#kept.get(folder.id) ?? [];
    const pages = this.#pagesFrom(folder, entries, start, limit);
    if (pages.at(-1)?.body.length !== 0) return { pages, whole: null };
    this.#kept.delete(folder.id);
    return { pages, whole: entries.filter(({ name }) => !isDot(name)) };
  }

  /** A whole listing that nobody asked for: nothing is observed. Null for one that is longer than `mostNames`. */
  quiet(path: MountPath, mostNames: number): QuietListing | null {
    const node = this.#parts.nodes.at(path);
    const listed = node?.type === 'folder' ? this.#parts.tree.listQuietly(path) : null;
    if (node === undefined || listed === null || listed.entries.length > mostNames) return null;
    const pages = this.#pagesFrom(node, this.#entriesOf(node, listed.entries), 0, this.#pageBytes);
    return pages.at(-1)?.body.length === 0 ? { ...listed, node, pages } : null;
  }

  /** The listing being paged, taken anew when the guest begins at the front or after a restore between two pages. */
  #listing(folder: NodeRecord, fromStart: boolean): readonly DirectoryEntry[] | null {
    const kept = fromStart ? undefined : this.#kept.get(folder.id);
    if (kept !== undefined) return kept;
    const children = this.#parts.tree.list(folder.path);
    if (children === null) return null;
    const listing = this.#entriesOf(folder, children);
    this.#keep(folder.id, listing);
    return listing;
  }

  /** The last one is empty, unless there are too many. */
  #pagesFrom(
    folder: NodeRecord,
    entries: readonly DirectoryEntry[],
    start: number,
    limit: number,
  ): readonly AheadPage[] {
    const pages: AheadPage[] = [];
    for (let offset = start; pages.length < PAGES_AHEAD && pages.at(-1)?.body.length !== 0; ) {
      const { bytes, end } = packDirectory(entries, offset, limit, this.#describerOf(folder));
      pages.push({ offset, body: bytes });
      offset = end;
    }
    return pages;
  }

  #entriesOf(folder: NodeRecord, children: readonly ListedEntry[]): readonly DirectoryEntry[] {
    const entries = children.map(({ name, type }) => {
      return { name, type, inode: this.#inodeAt(childPath(folder.path, name)) };
    });
    return [...this.#dots(folder), ...entries];
  }

  #dots(folder: NodeRecord): readonly DirectoryEntry[] {
    return [
      { name: '.', type: 'folder', inode: folder.inode },
      { name: '..', type: 'folder', inode: this.#inodeAt(parentPath(folder.path) ?? '') },
    ];
  }

  #inodeAt(path: MountPath): number {
    return this.#parts.nodes.at(path)?.inode ?? inodeOf(path);
  }

  /** `.` and `..` get no node: the kernel knows them. */
  #describerOf(folder: NodeRecord): (entry: DirectoryEntry) => NodeEntry | null {
    return ({ name }) => (isDot(name) ? null : this.#describe(childPath(folder.path, name)));
  }

  #keep(id: number, listing: readonly DirectoryEntry[]): void {
    this.#kept.delete(id);
    this.#kept.set(id, listing);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > MAX_KEPT_LISTINGS && oldest.done !== true) this.#kept.delete(oldest.value);
  }
}

function isDot(name: string): boolean {
  return name === '.' || name === '..';
}
