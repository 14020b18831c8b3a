import type { Duplex } from 'node:stream';

import { FileServer } from './file-server.ts';
import { FuseConnection } from './fuse-connection.ts';
import { ROOT_NODE_ID } from './fuse-protocol.ts';
import { encodeInvalidateName, encodeInvalidateNode } from './fuse-replies.ts';
import type { HostAttributesOf } from './host-attributes.ts';
import { type MountPath, type NodeRecord, NodeTable } from './node-table.ts';
import type { ObservationCounts, ObservedPath, ReadSet } from './observation.ts';
import { countKinds, ObservationLog } from './observation-log.ts';
import { decodeTracerState, encodeTracerState } from './tracer-state.ts';
import { placesOf, type ViewMapping } from './view.ts';
import { ViewTree } from './view-tree.ts';
import { baseName, childPath, parentPath, parseWorkspacePath } from './workspace-path.ts';
import type { Workspace, WorkspacePath } from './workspace.ts';

export interface TracerOptions {
  readonly workspace: Workspace;
  /** Milliseconds since the epoch: the modification time of everything this run sees first. */
  readonly runStartedAtMs: number;
  /** What {@link Tracer.state} gave when the snapshot was saved; omitted for a new lineage. */
  readonly state?: Buffer | undefined;
  /** The lineage's read set so far, with the digests that hold in the current workspace. */
  readonly inherited: ReadSet;
  /** For a command of the host: how files look there. Without it they look as in a guest, the same everywhere. */
  readonly hostAttributesOf?: HostAttributesOf;
  /** Whether the stream's other end is the helper of our machines, which answers from what is sent ahead (ahead.ts). */
  readonly sendsAhead?: boolean;
}

/** What one step observed, and whether its snapshot may be published. */
export interface FrozenStep {
  /** What the lineage had not observed before this step; sorted by path, then kind. */
  readonly newObservations: ReadSet;
  /** How many of {@link newObservations} there are of each kind. */
  readonly counts: ObservationCounts;
  /** Observed paths that were edited since this run observed them. Not empty: this step and later ones are unpublishable. */
  readonly changedDuringRun: readonly WorkspacePath[];
  /** What went wrong while tracing (unreadable file, broken message), null if nothing. Not null: unpublishable. */
  readonly trouble: string | null;
}

export interface Tracer extends AsyncDisposable {
  /** Adds a view (see view.ts) and returns its index: the view is the folder of that name in the mounted file system. */
  addView(mappings: readonly ViewMapping[]): number;
  /** Records what the host looked at on the step's behalf: the sources of a COPY, the folders that its globs list. */
  observe(observed: ObservedPath): void;
  /**
   * Serves FUSE on `stream` until it ends. One stream at a time. `shorten` gives what is to be written for a message where
   * the other end can be given long ones in another way.
   */
  attach(stream: Duplex, shorten?: (message: Buffer) => Buffer): void;
  /** Ends the current step and begins the next. Call it when the guest is quiescent and {@link idle} is true. */
  freezeStep(): FrozenStep;
  /** Views and node ids, to be saved with a snapshot. Call it when {@link idle} is true. */
  state(): Buffer;
  /**
   * Makes the guest forget what it has cached of these paths, absent names included, and dates them to this run. Of a
   * folder also the names in it that appeared, vanished or became something else.
   */
  invalidate(paths: readonly WorkspacePath[]): void;
  /** Requests served so far, by operation (`lookup`, `read`, …). */
  stats(): Readonly<Record<string, number>>;
  /** True when no request is waiting or half received and no reply is waiting to be written. */
  idle(): boolean;
}

/** Makes the tracer of one lineage. Throws `SNAPSHOT_DAMAGED` where `state` cannot be read. */
export function createTracer(options: TracerOptions): Tracer {
  return new LineageTracer(options);
}

class LineageTracer implements Tracer {
  readonly #runStartedAtMs: number;
  readonly #nodes: NodeTable;
  readonly #log: ObservationLog;
  readonly #tree: ViewTree;
  readonly #server: FileServer;
  #connection: FuseConnection | null = null;
  /** Whether the guest may have listed the root, and so must be told of new views. */
  #guestKnowsRoot: boolean;
  /** Notifications sent before a stream was attached. */
  #waiting: Buffer[] = [];
  #trouble: string | null = null;

  constructor({ workspace, runStartedAtMs, state, inherited, hostAttributesOf, sendsAhead }: TracerOptions) {
    const saved = state === undefined ? null : decodeTracerState(state);
    this.#runStartedAtMs = runStartedAtMs;
    this.#guestKnowsRoot = saved !== null;
    this.#nodes = saved?.nodes ?? NodeTable.create(runStartedAtMs);
    this.#log = new ObservationLog(workspace, inherited);
    this.#tree = new ViewTree(workspace, saved?.views ?? [], (...observed) => this.#log.record(...observed));
    this.#server = new FileServer({
      workspace,
      tree: this.#tree,
      nodes: this.#nodes,
      log: this.#log,
      runStartedAtMs,
      hostAttributesOf,
      sendsAhead,
      onTrouble: this.#onTrouble,
    });
  }

  addView(mappings: readonly ViewMapping[]): number {
    for (const { at, source } of mappings) {
      if (parseWorkspacePath(at) === null || parseWorkspacePath(source) === null) {
        throw new Error(`Internal error: ${at} or ${source} is not a path`);
      }
    }
    if (this.#guestKnowsRoot) this.#notify(encodeInvalidateNode(ROOT_NODE_ID));
    return this.#tree.addView(mappings);
  }

  observe({ path, kind }: ObservedPath): void {
    this.#log.record(path, kind);
  }

  attach(stream: Duplex, shorten?: (message: Buffer) => Buffer): void {
    if (this.#connection?.ended === false) throw new Error('Internal error: the tracer has a stream already');
    const handle = (message: Buffer): Buffer | null => this.#server.handle(message);
    this.#guestKnowsRoot = true;
    this.#connection = new FuseConnection({
      stream,
      handle,
      ahead: () => this.#server.ahead(),
      shorten,
      onTrouble: this.#onTrouble,
    });
    for (const message of this.#waiting) this.#connection.send(message);
    this.#waiting = [];
  }

  freezeStep(): FrozenStep {
    // Before pruning: what is about to be left out must hold up to now.
    const changedDuringRun = this.#log.changedSince();
    const newObservations = this.#log.takeNew();
    return { newObservations, counts: countKinds(newObservations), changedDuringRun, trouble: this.#trouble };
  }

  state(): Buffer {
    return encodeTracerState({ views: this.#tree.views, nodes: this.#nodes });
  }

  invalidate(paths: readonly WorkspacePath[]): void {
    this.#tree.forget();
    const children = this.#nodes.children();
    for (const path of paths) {
      for (const [index, view] of this.#tree.views.entries()) {
        for (const place of placesOf(view, path)) this.#invalidateTree(childPath(String(index), place), children);
      }
    }
  }

  stats(): Readonly<Record<string, number>> {
    return this.#server.stats();
  }

  idle(): boolean {
    return this.#connection?.idle ?? true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.close();
    this.#connection = null;
    return Promise.resolve();
  }

  /** A folder that changed has names that came and went, and the guest may know of either. */
  #invalidateTree(path: MountPath, children: ReadonlyMap<MountPath, readonly NodeRecord[]>): void {
    const type = this.#nodes.at(path)?.type;
    this.#invalidatePlace(path);
    if (type !== 'folder') return;
    for (const child of children.get(path) ?? []) {
      if (this.#tree.resolve(child.path)?.type !== child.type) this.#invalidateTree(child.path, children);
    }
    for (const name of this.#tree.names(path)) {
      if (this.#nodes.at(childPath(path, name)) === undefined) this.#dropName(path, name);
    }
  }

  /**
   * A thing that stayed what it was loses its pages and attributes only: dropping the name of a folder would cut it off from
   * the processes that work in it. A name that appeared, vanished or became something else is dropped.
   */
  #invalidatePlace(path: MountPath): void {
    const node = this.#nodes.at(path);
    if (node !== undefined) {
      this.#nodes.touch(node, this.#runStartedAtMs);
      this.#notify(encodeInvalidateNode(node.id));
    }
    if (node !== undefined && this.#tree.resolve(path)?.type === node.type) return;
    const folder = parentPath(path) ?? '';
    this.#dropName(folder, baseName(path));
    const parent = this.#nodes.at(folder);
    if (parent !== undefined) this.#notify(encodeInvalidateNode(parent.id));
  }

  #dropName(folder: MountPath, name: string): void {
    const parent = this.#nodes.at(folder);
    if (parent !== undefined) this.#notify(encodeInvalidateName(parent.id, name));
  }

  #notify(message: Buffer): void {
    if (this.#connection === null) this.#waiting.push(message);
    else this.#connection.send(message);
  }

  readonly #onTrouble = (error: unknown): void => {
    this.#trouble ??= error instanceof Error ? error.message : String(error);
  };
}
