import { LayerError } from '../util/layer-error.ts';
import type { AheadMessage } from './ahead-outbox.ts';
import { AheadOfGuest } from './ahead.ts';
import type { ErrnoName } from './errno.ts';
import { MAX_READ_BYTES, type Operation, operationOf, PROTOCOL_MAJOR, PROTOCOL_MINOR } from './fuse-protocol.ts';
import {
  encodeAbsent,
  encodeAttributes,
  encodeBytes,
  encodeEmpty,
  encodeEntry,
  encodeError,
  encodeInit,
  encodeRead,
  encodeStatfs,
  entryBody,
  type NodeAttributes,
  type NodeEntry,
} from './fuse-replies.ts';
import {
  decodeHeader,
  decodeInit,
  decodeName,
  decodeOpenFlags,
  decodeRead,
  type Unique,
  UNIQUE_OFFSET,
} from './fuse-requests.ts';
import type { HostAttributesOf } from './host-attributes.ts';
import { Listings } from './listings.ts';
import { attributesOf } from './node-attributes.ts';
import type { NodeRecord, NodeTable } from './node-table.ts';
import type { ObservationLog } from './observation-log.ts';
import type { QuietAnswers, QuietEntry } from './quiet-answers.ts';
import type { ResolvedEntry, ViewTree } from './view-tree.ts';
import { childPath, isComponent, NAME_MAX_BYTES } from './workspace-path.ts';
import type { ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from './workspace.ts';

const O_ACCMODE = 3;

export interface FileServerParts {
  readonly workspace: Workspace;
  readonly tree: ViewTree;
  readonly nodes: NodeTable;
  readonly log: ObservationLog;
  readonly runStartedAtMs: number;
  /** Whether the other end understands what is sent without being asked (ahead.ts). */
  readonly sendsAhead?: boolean | undefined;
  /** For commands of the host only. */
  readonly hostAttributesOf?: HostAttributesOf | undefined;
  /** Told of what makes the trace unusable: an unreadable file, a bug. The guest gets an errno all the same. */
  readonly onTrouble: (error: unknown) => void;
}

/** A request with its fixed part decoded. */
interface Request {
  readonly message: Buffer;
  readonly unique: Unique;
  readonly nodeId: number;
}

/** The workspace path of what is no folder, and what was found there. */
interface FoundSource {
  readonly path: WorkspacePath;
  readonly found: WorkspaceEntry | undefined;
}

type Handler = (request: Request) => Buffer | null;

/**
 * Answers FUSE requests, one method an operation. Stateless but for the node table, the log and listings being paged.
 *
 * Attributes travel with every LOOKUP and READDIRPLUS but are marked invalid for files and symlinks, so a `stat` in the
 * guest still asks, and only then is `stat` observed. Folders' attributes are constants: valid at once. Every file is said to
 * be executable in them, because overlayfs keeps a file's mode from when it first sees the name and refuses to execute
 * by it without asking; with the exec bit set it asks for the permission, hence for the attributes, below. And no file is
 * said to be empty in them: overlayfs keeps that size too, and copy_file_range(2) would find the end of a file that has
 * grown since (where there is more to copy it says EXDEV, whatever the size). Whoever opens a file asks for its size.
 *
 * A special file of the workspace (FIFO, socket, device) is shown as a socket: opening one fails in the guest's own kernel
 * with ENXIO, never blocks, and asks nothing of us. A FIFO would become a pipe of the guest and block its opener; an empty
 * regular file would read as empty instead of failing.
 */
export class FileServer {
  readonly #parts: FileServerParts;
  readonly #ahead: AheadOfGuest | null;
  readonly #listings: Listings;
  readonly #counts = new Map<Operation, number>();
  readonly #handlers: Readonly<Partial<Record<Operation, Handler>>>;

  constructor(parts: FileServerParts) {
    this.#parts = parts;
    this.#listings = new Listings(parts, (path) => this.#entryAt(path));
    const quiet: QuietAnswers = {
      entries: (...asked) => this.#entriesQuietly(...asked),
      list: (...asked) => this.#listings.quiet(...asked),
      lookUp: (path) => this.#lookUpQuietly(path),
    };
    this.#ahead = parts.sendsAhead === true ? new AheadOfGuest(parts, quiet) : null;
    const readOnly: Handler = ({ unique }) => encodeError(unique, 'EROFS');
    const silent: Handler = () => null;
    this.#handlers = {
      init: (request) => this.#init(request),
      lookup: (request) => this.#lookup(request),
      getattr: (request) => this.#getattr(request),
      readlink: (request) => this.#readlink(request),
      read: (request) => this.#read(request),
      readdir: (request) => this.#readdir(request, false),
      readdirplus: (request) => this.#readdir(request, true),
      notes: (request) => this.#notes(request),
      statfs: ({ unique }) => encodeStatfs(unique),
      open: (request) => open(request),
      // Never sent while OPEN answers ENOSYS, but a guest that sends them waits for an answer.
      release: ({ unique }) => encodeEmpty(unique),
      releasedir: ({ unique }) => encodeEmpty(unique),
      ioctl: ({ unique }) => encodeError(unique, 'ENOTTY'),
      // The kernel expects no answer to these.
      forget: silent,
      batch_forget: silent,
      interrupt: silent,
      notify_reply: silent,
      destroy: silent,
      ...Object.fromEntries(WRITE_OPERATIONS.map((operation) => [operation, readOnly])),
    };
  }

  /** The reply to one message (at least a header long), or null where none is due. Never throws. */
  handle(message: Buffer): Buffer | null {
    const { opcode, unique, nodeId } = decodeHeader(message);
    const operation = operationOf(opcode);
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
    const handler = this.#handlers[operation];
    // ENOSYS also is the answer to OPENDIR, FLUSH, ACCESS, GETXATTR and LISTXATTR: the kernel then stops asking.
    if (handler === undefined) return encodeError(unique, 'ENOSYS');
    try {
      return handler({ message, unique, nodeId });
    } catch (error) {
      this.#parts.onTrouble(error);
      return encodeError(unique, errnoOf(error));
    }
  }

  /** A message to be sent besides the reply: what the guest will probably ask for next. */
  ahead(): AheadMessage | null {
    return this.#ahead?.take() ?? null;
  }

  stats(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  #init({ message, unique }: Request): Buffer {
    const body = decodeInit(message);
    if (body === null) return encodeError(unique, 'EINVAL');
    const tooOld = body.major === PROTOCOL_MAJOR && body.minor < PROTOCOL_MINOR;
    return body.major < PROTOCOL_MAJOR || tooOld ? encodeError(unique, 'EPROTO') : encodeInit(unique, body);
  }

  #lookup({ message, unique, nodeId }: Request): Buffer {
    const folder = this.#current(nodeId);
    const name = decodeName(message);
    if (folder === null) return encodeError(unique, 'ESTALE');
    if (folder.type !== 'folder') return encodeError(unique, 'ENOTDIR');
    if (name === null) return encodeError(unique, 'EINVAL');
    if (!isComponent(name)) return encodeError(unique, name.length > NAME_MAX_BYTES ? 'ENAMETOOLONG' : 'EINVAL');
    const found = this.#parts.tree.lookUp(folder.path, name);
    if (found !== null) return this.#found(unique, childPath(folder.path, name), found);
    // A view that is not there may be added later: unlike absent names of the workspace, this must not be remembered.
    return folder.path === '' ? encodeError(unique, 'ENOENT') : encodeAbsent(unique);
  }

  #found(unique: Unique, path: string, found: ResolvedEntry): Buffer {
    const reply = encodeEntry(unique, this.#entryOf(path, found));
    this.#ahead?.lookedUp(path);
    return reply;
  }

  #getattr({ unique, nodeId }: Request): Buffer {
    const node = this.#current(nodeId);
    const found = node === null ? null : this.#resolve(node);
    if (node === null || found === null) return encodeError(unique, 'ESTALE');
    const source = found.sources[0];
    if (source === undefined || found.type === 'folder')
      return encodeAttributes(unique, this.#attributesOf(node, found));
    // A symlink's size is its target's length; tools that ask for it print the target next.
    this.#parts.log.record(source.path, found.type === 'symlink' ? 'link' : 'stat', found.found ?? undefined);
    if (found.type === 'file') this.#ahead?.askedAttributes(node);
    return encodeAttributes(unique, this.#attributesOf(node, found));
  }

  #readlink({ unique, nodeId }: Request): Buffer {
    const source = this.#sourceOf(nodeId, 'symlink');
    if (typeof source === 'string') return encodeError(unique, source);
    this.#parts.log.record(source.path, 'link', source.found);
    const target = this.#parts.workspace.readLink(source.path);
    return target === null ? encodeError(unique, 'ESTALE') : encodeBytes(unique, Buffer.from(target, 'latin1'));
  }

  #read({ message, unique, nodeId }: Request): Buffer {
    const body = decodeRead(message);
    if (body === null || body.offset > Number.MAX_SAFE_INTEGER) return encodeError(unique, 'EINVAL');
    const source = this.#sourceOf(nodeId, 'file');
    if (typeof source === 'string') return encodeError(unique, source);
    if (source.found !== undefined) this.#parts.workspace.hold?.(source.path, source.found);
    this.#parts.log.record(source.path, 'content', source.found);
    // No more room than there are bytes: a small file is asked for with a large read.
    const rest = source.found === undefined ? MAX_READ_BYTES : Math.max(0, source.found.sizeBytes - body.offset);
    const length = Math.min(body.sizeBytes, MAX_READ_BYTES, rest);
    const reply = encodeRead(unique, length, (room) =>
      this.#parts.workspace.read(source.path, body.offset, length, source.found, room),
    );
    if (body.offset === 0) this.#askedContent(nodeId);
    return reply ?? encodeError(unique, 'ESTALE');
  }

  #readdir({ message, unique, nodeId }: Request, plus: boolean): Buffer {
    const body = decodeRead(message);
    const folder = this.#current(nodeId);
    if (body === null) return encodeError(unique, 'EINVAL');
    if (folder === null) return encodeError(unique, 'ESTALE');
    const asked = { offset: body.offset, limit: Math.min(body.sizeBytes, MAX_READ_BYTES), plus };
    const page = this.#listings.page(folder, asked);
    if (page === null) return encodeError(unique, folder.type === 'folder' ? 'ESTALE' : 'ENOTDIR');
    if (plus && !page.isLast && this.#ahead !== null) this.#sendRestAhead(this.#ahead, folder, page.end, asked.limit);
    return encodeBytes(unique, page.bytes);
  }

  /** A kernel asks for a listing in pages of 4 KiB, then for what comes after the last name: the rest goes ahead. */
  #sendRestAhead(ahead: AheadOfGuest, folder: NodeRecord, start: number, limit: number): void {
    const { pages, whole } = this.#listings.rest(folder, start, limit);
    for (const { offset, body } of pages) ahead.sendPage(folder, offset, body);
    if (whole !== null) ahead.listed(folder.path, whole);
  }

  #entriesQuietly(path: string, mostNames: number): readonly ListedEntry[] | null {
    const entries = this.#parts.tree.listQuietly(path)?.entries ?? null;
    return entries !== null && entries.length <= mostNames ? entries : null;
  }

  #lookUpQuietly(path: string): QuietEntry | null {
    const found = this.#parts.tree.resolve(path);
    return found === null ? null : { found, body: entryBody(this.#entryOf(path, found)) };
  }

  #entryAt(path: string): NodeEntry | null {
    const found = this.#parts.tree.resolve(path);
    return found === null ? null : this.#entryOf(path, found);
  }

  #askedContent(nodeId: number): void {
    const node = this.#current(nodeId);
    if (node !== null) this.#ahead?.askedContent(node);
  }

  #notes({ message, unique }: Request): Buffer | null {
    if (this.#ahead?.noted(message) !== true) {
      this.#parts.onTrouble(new LayerError('GUEST_PROTOCOL', 'The guest noted the use of what it was not sent'));
    }
    if (message.readBigUInt64LE(UNIQUE_OFFSET) === 0n) return null;
    // The machine is about to be frozen: nothing may be under way after this reply.
    this.#ahead?.hold();
    return encodeEmpty(unique);
  }

  #entryOf(path: string, found: ResolvedEntry): NodeEntry {
    const node = this.#parts.nodes.nodeFor(path, found.type, this.#parts.runStartedAtMs);
    const shown =
      found.type === 'file' ? { ...found, executable: true, sizeBytes: Math.max(1, found.sizeBytes) } : found;
    return { ...this.#attributesOf(node, shown), nodeId: node.id, attributesValid: found.type === 'folder' };
  }

  #attributesOf(node: NodeRecord, found: ResolvedEntry): NodeAttributes {
    const { hostAttributesOf } = this.#parts;
    const source = hostAttributesOf === undefined ? undefined : found.sources[0];
    const attributes = attributesOf(node, found);
    return source === undefined ? attributes : { ...attributes, host: hostAttributesOf?.(source.path) ?? null };
  }

  #current(nodeId: number): NodeRecord | null {
    const node = this.#parts.nodes.get(nodeId);
    return node !== undefined && this.#parts.nodes.isCurrent(node) ? node : null;
  }

  #resolve(node: NodeRecord): ResolvedEntry | null {
    const found = this.#parts.tree.resolve(node.path);
    return found?.type === node.type ? found : null;
  }

  #sourceOf(nodeId: number, type: 'file' | 'symlink'): FoundSource | ErrnoName {
    const node = this.#current(nodeId);
    if (node === null) return 'ESTALE';
    if (node.type !== type) return node.type === 'folder' ? 'EISDIR' : 'EINVAL';
    const resolved = this.#resolve(node);
    const [source] = resolved?.sources ?? [];
    return source === undefined ? 'ESTALE' : { path: source.path, found: resolved?.found ?? undefined };
  }
}

/** Reading asks for no OPEN at all (ENOSYS, for good); opening for writing is refused by name. */
function open({ message, unique }: Request): Buffer {
  const flags = decodeOpenFlags(message);
  if (flags === null) return encodeError(unique, 'EINVAL');
  return encodeError(unique, (flags & O_ACCMODE) === 0 ? 'ENOSYS' : 'EROFS');
}

const WRITE_OPERATIONS: readonly Operation[] = [
  'setattr',
  'symlink',
  'mknod',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
  'rename2',
  'link',
  'write',
  'setxattr',
  'removexattr',
  'create',
  'fallocate',
  'copy_file_range',
  'tmpfile',
];

function errnoOf(error: unknown): ErrnoName {
  return error instanceof LayerError && error.code === 'WORKSPACE_UNREADABLE' ? 'EACCES' : 'EIO';
}
