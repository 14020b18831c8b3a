import { Credit } from './ahead-credit.ts';
import { type FolderInOrder, FoldersInOrder } from './ahead-folders.ts';
import { NamesInOrder } from './ahead-names.ts';
import { type AheadMessage, AheadOutbox, type SentAhead } from './ahead-outbox.ts';
import { FolderWalk } from './ahead-walk.ts';
import { OPCODES } from './fuse-protocol.ts';
import { attributesBody } from './fuse-replies.ts';
import { attributesOf } from './node-attributes.ts';
import type { MountPath, NodeRecord, NodeTable } from './node-table.ts';
import type { ObservationLog } from './observation-log.ts';
import { digestObservation, statDigest } from './observe.ts';
import type { QuietAnswers, QuietListing } from './quiet-answers.ts';
import type { ResolvedEntry, ViewTree } from './view-tree.ts';
import { baseName, childPath, parentPath } from './workspace-path.ts';
import type { ListedEntry, Workspace, WorkspacePath } from './workspace.ts';

/** Files larger than this are read in pieces anyway: what a round trip costs matters less. */
const LARGEST_BYTES = 128 * 1024;
/** Content under way to the guest or waiting there; the guest has room for 2 MiB. */
const CONTENT_AHEAD_BYTES = 1024 * 1024;
const CONTENT_AHEAD_FILES = 96;
const ATTRIBUTES_AHEAD = 128;
/** As long as nobody knows whether more than the one that was asked for is wanted. */
const FIRST_ATTRIBUTES_AHEAD = 16;
/** Larger folders are listed when they are asked for. */
const LISTED_AHEAD_NAMES = 400;
/** In larger ones names are looked up one by one, unless they are listed. */
const NAMED_AHEAD_NAMES = 4000;
/** What the guest keeps of a name. */
const LONGEST_NAME_BYTES = 112;
const UPCOMING_FOLDERS = 16;
/** Content is sent once this many files of a folder were read in its order, or while what was sent before gets used. */
const FILES_IN_ORDER = 2;
const FIRST_CREDIT = 8;

export interface AheadParts {
  readonly workspace: Workspace;
  readonly tree: ViewTree;
  readonly nodes: NodeTable;
  readonly log: ObservationLog;
}

/**
 * Sends ahead what will probably be asked for next, because a round trip to the guest costs more than most files: the
 * attributes of the files that follow in a folder once one is asked for, their content while files are being read in
 * the folder's order, and the listings of the folders that follow in a tree. A file that was looked up by its name alone
 * is sent its attributes along, and its content while that gets used. What was sent is not observed by that. The guest's
 * helper answers from it and tells by serial number which items it used; only then is the observation made, with the
 * digest of what was sent. If the workspace has changed between sending and using, the path counts as edited during the
 * run, so nothing of it is published.
 *
 * That a request is noted before it is answered is so the helper's promise: it is as much part of the trace as the
 * guest's kernel, which decides what becomes a request at all. A guest that gets at bytes in other ways than through its
 * file system (the memory of the helper) deceives only its own builds.
 */
export class AheadOfGuest {
  readonly #parts: AheadParts;
  readonly #quiet: QuietAnswers;
  readonly #folders = new FoldersInOrder();
  readonly #walk = new FolderWalk();
  readonly #names = new NamesInOrder();
  /** Listed ahead: where content goes on when a folder has no more. */
  #upcoming: FolderInOrder[] = [];
  readonly #outbox = new AheadOutbox();
  #contentAhead = 0;
  #contentFilesAhead = 0;
  readonly #attributes = new Credit(0, 2 * ATTRIBUTES_AHEAD);
  readonly #content = new Credit(0, 2 * CONTENT_AHEAD_FILES);
  readonly #namedAttributes = new Credit(16, 128);
  readonly #namedContent = new Credit(0, 64);

  constructor(parts: AheadParts, quiet: QuietAnswers) {
    this.#parts = parts;
    this.#quiet = quiet;
  }

  /** The guest was told the whole listing of a folder, because it asked. */
  listed(path: MountPath, entries: readonly ListedEntry[]): void {
    this.#addFolder(path, entries);
    if (this.#walk.asked(path, foldersIn(path, entries))) this.#upcoming = [];
    this.#sendListings();
  }

  /** The guest asked for the attributes of a file: it had none from here. */
  askedAttributes(node: NodeRecord): void {
    const place = this.#folders.placeOf(node.path);
    if (place === null || place.position < place.folder.attributesTo) return;
    place.folder.attributesTo = place.position + 1;
    this.#sendAttributes(place.folder, this.#attributes.any ? ATTRIBUTES_AHEAD : FIRST_ATTRIBUTES_AHEAD);
  }

  /** The guest asked for the beginning of a file: it had none from here. */
  askedContent(node: NodeRecord): void {
    const place = this.#folders.placeOf(node.path);
    if (place === null) {
      this.#namedContent.grant(FIRST_CREDIT);
      return;
    }
    const { folder, position } = place;
    folder.readInOrder = position > folder.lastRead ? folder.readInOrder + 1 : 0;
    folder.lastRead = position;
    if (folder.readInOrder < FILES_IN_ORDER && !this.#content.any) return;
    this.#content.grant(FIRST_CREDIT);
    // What was sent for earlier files and not used is taken for lost.
    if (position >= folder.contentTo) [this.#contentAhead, this.#contentFilesAhead] = [0, 0];
    folder.contentTo = Math.max(folder.contentTo, position + 1);
    this.#sendContent(folder);
  }

  /**
   * The guest looked up what is at `path` by its name. Whoever does so asks for a file's attributes next, and may read it; or
   * goes through a list of names.
   */
  lookedUp(path: MountPath): void {
    this.#outbox.hurry();
    this.#sendNamed(path);
    const [folder, name] = [parentPath(path) ?? '', baseName(path)];
    const next = this.#names.asked(folder, name, () => this.#entriesByName(folder));
    for (const each of next) this.#sendName(folder, each.name);
  }

  /** A page of a listing that was observed whole when its first page was asked for. */
  sendPage(node: NodeRecord, offset: number, body: Buffer): void {
    this.#outbox.addPage(node, offset, body);
  }

  /** The guest's helper answered requests by items. Throws nothing; unknown serials are reported as false. */
  noted(message: Buffer): boolean {
    const folders = new Set<FolderInOrder>();
    let known = true;
    for (const sent of this.#outbox.noted(message)) {
      if (sent === null) known = false;
      else this.#use(sent, folders);
    }
    for (const folder of folders) this.#sendContent(folder);
    this.#sendListings();
    return known;
  }

  /** What is to be sent now, if anything. */
  take(): AheadMessage | null {
    return this.#outbox.take();
  }

  /** Nothing more is sent before the next request. */
  hold(): void {
    this.#outbox.clear();
  }

  #use(sent: SentAhead, folders: Set<FolderInOrder>): void {
    this.#parts.log.recordSent(sent);
    sent.credit.earn();
    if (sent.kind === 'listing' && sent.folder !== null) this.#walk.used(sent.folder.path);
    if (sent.kind !== 'content' || sent.folder === null) return;
    this.#contentAhead = Math.max(0, this.#contentAhead - sent.contentBytes);
    this.#contentFilesAhead = Math.max(0, this.#contentFilesAhead - 1);
    folders.add(sent.folder);
  }

  #addFolder(path: MountPath, entries: readonly ListedEntry[]): FolderInOrder {
    return this.#folders.add(
      path,
      entries.flatMap(({ name, type }) => (type === 'file' ? [name] : [])),
    );
  }

  #sendListings(): void {
    for (let path = this.#walk.next(); path !== null; path = this.#walk.next()) {
      const listing = this.#quiet.list(path, LISTED_AHEAD_NAMES);
      if (listing !== null) this.#sendListing(path, listing);
    }
  }

  #sendListing(path: MountPath, { node, source, entries, pages }: QuietListing): void {
    const folder = this.#addFolder(path, entries);
    const digest = digestObservation(this.#parts.workspace, { path: source, kind: 'listing' }, undefined, entries);
    const sent = { kind: 'listing', path: source, digest, identity: null } as const;
    for (const { offset, body } of pages) {
      if (offset > 0) this.sendPage(node, offset, body);
      else
        this.#outbox.add(OPCODES.readdirplus, node, body, {
          ...sent,
          credit: this.#walk.credit,
          folder,
          contentBytes: 0,
        });
    }
    this.#walk.enters(foldersIn(path, entries));
    if (this.#attributes.any) this.#sendAttributes(folder, ATTRIBUTES_AHEAD);
    this.#upcoming.push(folder);
    if (this.#upcoming.length > UPCOMING_FOLDERS) this.#upcoming.shift();
  }

  /** Of a folder whose order is found out by the names that are looked up there. */
  #entriesByName(path: MountPath): readonly ListedEntry[] | null {
    const entries = this.#quiet.entries(path, NAMED_AHEAD_NAMES);
    if (entries !== null && !this.#folders.has(path)) this.#addFolder(path, entries);
    return entries;
  }

  #sendNamed(path: MountPath): void {
    const file = this.#namedAttributes.any ? this.#fileAt(path) : null;
    if (file === null) return;
    this.#sendFileAttributes(file, this.#namedAttributes);
    if (this.#namedContent.any) this.#sendFile(file, this.#namedContent, null);
  }

  #sendName(folder: MountPath, name: string): void {
    const path = childPath(folder, name);
    const parent = this.#parts.nodes.at(folder);
    const entry = name.length > LONGEST_NAME_BYTES ? null : this.#quiet.lookUp(path);
    const source = entry?.found.sources[0];
    if (parent === undefined || entry === null || source === undefined) return;
    this.#names.credit.spend();
    const sent = { kind: 'exists', path: source.path, digest: entry.found.type, identity: null } as const;
    const body = Buffer.concat([entry.body, Buffer.from(name, 'latin1')]);
    this.#outbox.add(OPCODES.lookup, parent, body, {
      ...sent,
      credit: this.#names.credit,
      folder: null,
      contentBytes: 0,
    });
    const file = this.#namedAttributes.any ? this.#fileAt(path) : null;
    if (file !== null) this.#sendFileAttributes(file, this.#namedAttributes);
  }

  #sendAttributes(folder: FolderInOrder, count: number): void {
    const end = Math.min(folder.names.length, folder.attributesTo + count);
    for (; folder.attributesTo < end; folder.attributesTo++) {
      const file = this.#fileAt(childPath(folder.path, folder.names[folder.attributesTo] ?? ''));
      if (file !== null) this.#sendFileAttributes(file, this.#attributes);
    }
  }

  #sendFileAttributes({ node, entry, path }: FileAhead, credit: Credit): void {
    credit.spend();
    const body = attributesBody(attributesOf(node, entry));
    // An edit that is undone before the guest says that it used this is an edit all the same.
    const identity = this.#parts.workspace.identity(path);
    const sent = { kind: 'stat', path, digest: statDigest(entry), identity } as const;
    this.#outbox.add(OPCODES.getattr, node, body, { ...sent, credit, folder: null, contentBytes: 0 });
  }

  /** As long as there is room: of this folder, then of those that were listed ahead. */
  #sendContent(from: FolderInOrder): void {
    for (let folder: FolderInOrder | undefined = from; folder !== undefined; folder = this.#upcoming[0]) {
      while (folder.contentTo < folder.names.length && this.#hasRoom()) {
        const file = this.#fileAt(childPath(folder.path, folder.names[folder.contentTo++] ?? ''));
        if (file !== null) this.#sendFile(file, this.#content, folder);
      }
      if (folder.contentTo < folder.names.length) return;
      if (folder === this.#upcoming[0]) this.#upcoming.shift();
    }
  }

  #sendFile({ node, entry, path }: FileAhead, credit: Credit, folder: FolderInOrder | null): void {
    if (entry.sizeBytes === 0 || entry.sizeBytes > LARGEST_BYTES) return;
    const { workspace } = this.#parts;
    const found = workspace.entry(path);
    if (found?.type !== 'file') return;
    workspace.hold?.(path, found);
    const digest = digestObservation(workspace, { path, kind: 'content' }, found);
    const body = workspace.read(path, 0, LARGEST_BYTES + 1, found);
    const identity = workspace.identity(path, found);
    if (body?.length !== entry.sizeBytes || workspace.identity(path) !== identity) return;
    credit.spend();
    if (folder !== null) {
      this.#contentAhead += body.length;
      this.#contentFilesAhead++;
    }
    const sent = { kind: 'content', path, digest, identity } as const;
    this.#outbox.add(OPCODES.read, node, body, { ...sent, credit, folder, contentBytes: body.length });
  }

  #hasRoom(): boolean {
    return (
      this.#content.any && this.#contentAhead < CONTENT_AHEAD_BYTES && this.#contentFilesAhead < CONTENT_AHEAD_FILES
    );
  }

  #fileAt(mounted: MountPath): FileAhead | null {
    const node = this.#parts.nodes.at(mounted);
    if (node?.type !== 'file') return null;
    const entry = this.#parts.tree.resolve(mounted);
    const source = entry?.sources[0];
    if (entry?.type !== 'file' || source === undefined) return null;
    return { node, entry, path: source.path };
  }
}

function foldersIn(path: MountPath, entries: readonly ListedEntry[]): readonly MountPath[] {
  return entries.flatMap(({ name, type }) => (type === 'folder' ? [childPath(path, name)] : []));
}

interface FileAhead {
  readonly node: NodeRecord;
  readonly entry: ResolvedEntry;
  readonly path: WorkspacePath;
}
