import { type AheadItem, decodeNotes, encodeAhead } from './ahead-messages.ts';
import { MAX_MESSAGE_BYTES, OPCODES } from './fuse-protocol.ts';
import { attributesBody } from './fuse-replies.ts';
import { attributesOf } from './node-attributes.ts';
import type { NodeRecord, NodeTable } from './node-table.ts';
import type { ObservationLog, SentObservation } from './observation-log.ts';
import { digestObservation, statDigest } from './observe.ts';
import type { ResolvedEntry, ViewTree } from './view-tree.ts';
import { baseName, childPath, parentPath } from './workspace-path.ts';
import type { Workspace, WorkspacePath } from './workspace.ts';

/** Files larger than this are read in pieces anyway: what a round trip costs matters less. */
const LARGEST_BYTES = 128 * 1024;
/** Content under way to the guest or waiting there; the guest has room for 1 MiB. */
const CONTENT_AHEAD_BYTES = 512 * 1024;
const CONTENT_AHEAD_FILES = 48;
const ATTRIBUTES_AHEAD = 128;
/** More than the guest keeps, so that whatever it notes is known here. */
const REMEMBERED_ITEMS = 16_384;
const KEPT_FOLDERS = 64;
/** Content is sent once this many files of a folder were read in its order, or while what was sent before gets used. */
const FILES_IN_ORDER = 2;
/** What a use earns; sending costs 1. So as long as half of what is sent is used, it goes on. */
const CREDIT_A_USE = 2;
const MOST_CREDIT = 96;
const FIRST_CREDIT = 8;

/** What the guest learns from an item when it is used. */
interface Sent extends SentObservation {
  readonly folder: FolderInOrder;
  readonly contentBytes: number;
}

/** A folder whose listing the guest has: the order in which programs go through it. */
interface FolderInOrder {
  readonly path: string;
  readonly names: readonly string[];
  readonly positions: ReadonlyMap<string, number>;
  attributesTo: number;
  contentTo: number;
  lastRead: number;
  readInOrder: number;
}

export interface AheadParts {
  readonly workspace: Workspace;
  readonly tree: ViewTree;
  readonly nodes: NodeTable;
  readonly log: ObservationLog;
}

/**
 * Sends ahead what will probably be asked for next, because a round trip to the guest costs more than most files: the
 * attributes of the files that follow in a folder once one is asked for, and their content while files are being read in
 * the folder's order. What was sent is not observed by that. The guest's helper answers from it and tells by serial
 * number which items it used; only then is the observation made, with the digest of what was sent. If the workspace has
 * changed between sending and using, the path counts as edited during the run, so nothing of it is published.
 *
 * That a request is noted before it is answered is so the helper's promise: it is as much part of the trace as the
 * guest's kernel, which decides what becomes a request at all. A guest that gets at bytes in other ways than through its
 * file system (the memory of the helper) deceives only its own builds.
 */
export class AheadOfGuest {
  readonly #parts: AheadParts;
  readonly #folders = new Map<string, FolderInOrder>();
  readonly #sent = new Map<number, Sent>();
  #serial = 0;
  #contentAhead = 0;
  #contentFilesAhead = 0;
  #credit = 0;
  #items: AheadItem[] = [];

  constructor(parts: AheadParts) {
    this.#parts = parts;
  }

  /** The guest was told the whole listing of a folder. */
  listed(path: string, names: readonly string[]): void {
    this.#folders.delete(path);
    const positions = new Map(names.map((name, index) => [name, index]));
    const fresh = { attributesTo: 0, contentTo: 0, lastRead: -1, readInOrder: 0 };
    this.#folders.set(path, { path, names, positions, ...fresh });
    const oldest = this.#folders.keys().next();
    if (this.#folders.size > KEPT_FOLDERS && oldest.done !== true) this.#folders.delete(oldest.value);
  }

  /** The guest asked for the attributes of a file: it had none from here. */
  askedAttributes(node: NodeRecord): void {
    const { folder, position } = this.#placeOf(node);
    if (folder === null || position < folder.attributesTo) return;
    folder.attributesTo = position + 1;
    this.#sendAttributes(folder);
  }

  /** The guest asked for the beginning of a file: it had none from here. */
  askedContent(node: NodeRecord): void {
    const { folder, position } = this.#placeOf(node);
    if (folder === null) return;
    folder.readInOrder = position > folder.lastRead ? folder.readInOrder + 1 : 0;
    folder.lastRead = position;
    if (folder.readInOrder < FILES_IN_ORDER && this.#credit <= 0) return;
    this.#credit = Math.max(this.#credit, FIRST_CREDIT);
    // What was sent for earlier files and not used is taken for lost.
    if (position >= folder.contentTo) [this.#contentAhead, this.#contentFilesAhead] = [0, 0];
    folder.contentTo = Math.max(folder.contentTo, position + 1);
    this.#sendContent(folder);
  }

  /** A page of a listing that was observed whole when its first page was asked for. */
  sendPage(node: NodeRecord, offset: number, body: Buffer): void {
    this.#items.push({ opcode: OPCODES.readdirplus, serial: 0, nodeId: node.id, offset, body });
  }

  /** The guest's helper answered requests by items. Throws nothing; unknown serials are reported as false. */
  noted(message: Buffer): boolean {
    const folders = new Set<FolderInOrder>();
    let known = true;
    for (const serial of decodeNotes(message)) {
      const sent = this.#sent.get(serial);
      if (sent === undefined) known = false;
      else this.#use(serial, sent, folders);
    }
    for (const folder of folders) this.#sendContent(folder);
    return known;
  }

  /** The message of what is to be sent now, if anything. */
  take(): Buffer | null {
    if (this.#items.length === 0) return null;
    const message = encodeAhead(this.#items);
    this.#items = [];
    // Only a guest that asks for listings in huge pages gets there. Nothing depends on what is sent ahead.
    return message.length <= MAX_MESSAGE_BYTES ? message : null;
  }

  /** Nothing more is sent before the next request. */
  hold(): void {
    this.#items = [];
  }

  #use(serial: number, sent: Sent, folders: Set<FolderInOrder>): void {
    this.#sent.delete(serial);
    this.#parts.log.recordSent(sent);
    if (sent.kind !== 'content') return;
    this.#contentAhead = Math.max(0, this.#contentAhead - sent.contentBytes);
    this.#contentFilesAhead = Math.max(0, this.#contentFilesAhead - 1);
    this.#credit = Math.min(this.#credit + CREDIT_A_USE, MOST_CREDIT);
    folders.add(sent.folder);
  }

  #placeOf(node: NodeRecord): { readonly folder: FolderInOrder | null; readonly position: number } {
    const folder = this.#folders.get(parentPath(node.path) ?? '') ?? null;
    const position = folder?.positions.get(baseName(node.path));
    return position === undefined ? { folder: null, position: -1 } : { folder, position };
  }

  #sendAttributes(folder: FolderInOrder): void {
    const end = Math.min(folder.names.length, folder.attributesTo + ATTRIBUTES_AHEAD);
    for (; folder.attributesTo < end; folder.attributesTo++) {
      const file = this.#fileAt(folder, folder.attributesTo);
      if (file === null) continue;
      const digest = statDigest(file.entry);
      const body = attributesBody(attributesOf(file.node, file.entry));
      const sent: Sent = { kind: 'stat', path: file.path, digest, identity: null, folder, contentBytes: 0 };
      this.#send(OPCODES.getattr, file.node, body, sent);
    }
  }

  #sendContent(folder: FolderInOrder): void {
    while (folder.contentTo < folder.names.length && this.#hasRoom()) {
      const file = this.#fileAt(folder, folder.contentTo++);
      if (file === null || file.entry.sizeBytes === 0 || file.entry.sizeBytes > LARGEST_BYTES) continue;
      this.#sendFile(folder, file);
    }
  }

  #sendFile(folder: FolderInOrder, { node, entry, path }: FileAhead): void {
    const { workspace } = this.#parts;
    const found = workspace.entry(path);
    if (found?.type !== 'file') return;
    workspace.hold?.(path, found);
    const digest = digestObservation(workspace, { path, kind: 'content' }, found);
    const body = workspace.read(path, 0, LARGEST_BYTES + 1, found);
    const identity = workspace.identity(path, found);
    if (body?.length !== entry.sizeBytes || workspace.identity(path) !== identity) return;
    this.#contentAhead += body.length;
    this.#contentFilesAhead++;
    this.#credit--;
    this.#send(OPCODES.read, node, body, {
      kind: 'content',
      path,
      digest,
      identity,
      folder,
      contentBytes: body.length,
    });
  }

  #hasRoom(): boolean {
    return (
      this.#credit > 0 && this.#contentAhead < CONTENT_AHEAD_BYTES && this.#contentFilesAhead < CONTENT_AHEAD_FILES
    );
  }

  #send(opcode: number, node: NodeRecord, body: Buffer, sent: Sent): void {
    const serial = ++this.#serial;
    this.#sent.set(serial, sent);
    this.#sent.delete(serial - REMEMBERED_ITEMS);
    this.#items.push({ opcode, serial, nodeId: node.id, offset: 0, body });
  }

  #fileAt(folder: FolderInOrder, position: number): FileAhead | null {
    const path = childPath(folder.path, folder.names[position] ?? '');
    const node = this.#parts.nodes.at(path);
    if (node?.type !== 'file') return null;
    const entry = this.#parts.tree.resolve(path);
    const source = entry?.sources[0];
    if (entry?.type !== 'file' || source === undefined) return null;
    return { node, entry, path: source.path };
  }
}

interface FileAhead {
  readonly node: NodeRecord;
  readonly entry: ResolvedEntry;
  readonly path: WorkspacePath;
}
