import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import {
  createTracer,
  digestObservation,
  type FrozenStep,
  mergeReadSets,
  type PathSet,
  type ReadSet,
  type Tracer,
} from '../fs-tracer/index.ts';
import type { PendingSnapshot, Publication, Snapshot, SnapshotId, StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { asStorageError } from '../util/storage-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { type Machine, type SaveFigures, STATE_FILES } from '../vm/index.ts';
import type { Base } from './base-machine.ts';
import { announceMachine, type BuildContext } from './build-context.ts';
import { WORKSPACE_MOUNT } from './guest-layout.ts';
import { decodePayload, encodePayload, type LineageState, snapshotsOf, TRACER_STATE_FILE } from './lineage-state.ts';
import { historyOf } from './plan.ts';
import type { Step } from './step.ts';

const QUIET_LIMIT_MS = 60_000;

/**
 * overlayfs remembers names on its own account, absent ones too, and no notification reaches those; dropping the unused
 * ones does (28 ms measured). The look-up before it comes back only after the notifications were taken, as the port keeps
 * their order: no view has that name, and that is never remembered.
 */
const FORGET_CACHES = `test -e ${WORKSPACE_MOUNT}/-; echo 2 > /proc/sys/vm/drop_caches`;

interface UnsavedSteps {
  readonly fields: readonly StepFields[];
  readonly observations: ReadSet;
  readonly durationMs: number;
}

const NOTHING_UNSAVED: UnsavedSteps = { fields: [], observations: [], durationMs: 0 };

export interface StepSnapshot {
  readonly snapshot: Snapshot;
  readonly figures: SaveFigures;
}

/**
 * A running machine with its traced workspace, on its way down a Layerfile: what the host knows of the guest, the
 * snapshot it continues, and the pending folder its disk is already written to.
 */
export class Session implements AsyncDisposable {
  readonly machine: Machine;
  readonly tracer: Tracer;
  readonly #context: BuildContext;
  lineage: LineageState;
  /** The snapshot whose key the next one's continues. */
  #parent: SnapshotId;
  /** The snapshot whose files the next one's continue: the parent, but after RUN REPEATABLE's own last run. */
  #files: SnapshotId;
  #pending: PendingSnapshot;
  /** On the last snapshot that it left: nobody else keeps that one while this goes on from it. */
  #lease: Disposable | null = null;
  /** What the steps since the parent that left no snapshot add to the next one's key and worth. */
  #unsaved: UnsavedSteps;
  #attached = false;

  private constructor(parts: {
    readonly context: BuildContext;
    readonly machine: Machine;
    readonly tracer: Tracer;
    readonly lineage: LineageState;
    readonly parent: SnapshotId;
    readonly files: SnapshotId;
    readonly pending: PendingSnapshot;
    readonly unsaved: UnsavedSteps;
  }) {
    this.#context = parts.context;
    this.machine = parts.machine;
    this.tracer = parts.tracer;
    this.lineage = parts.lineage;
    this.#parent = parts.parent;
    this.#files = parts.files;
    this.#unsaved = parts.unsaved;
    this.#pending = parts.pending;
    if (this.lineage.traced) this.#attach();
    announceMachine(parts.context, parts.machine, 'begin');
  }

  /** Restores `snapshot` and lays the current workspace under it. */
  static async restore(context: BuildContext, base: Base, snapshot: Snapshot): Promise<Session> {
    // As recorded: what has changed since this was decided must not be taken for what the machine was told.
    return Session.#open(context, base, snapshot, snapshot.id, NOTHING_UNSAVED, lineageOf(context, snapshot.id));
  }

  /**
   * Restores the machine as a run of RUN REPEATABLE left it (`last`, whose parent is the snapshot the new run's key builds
   * on), with the current workspace laid over: the guest forgets exactly what changed since. All that the last run
   * observed is observed by the next one too, as it is now, whether or not it is looked at again.
   */
  static async goOnFrom(context: BuildContext, base: Base, last: Snapshot, parent: SnapshotId): Promise<Session> {
    const observations = digestNow(context, context.store.observations(last.id));
    const inherited = digestNow(context, lineageOf(context, last.id));
    const session = await Session.#open(context, base, last, parent, { ...NOTHING_UNSAVED, observations }, inherited);
    try {
      await session.#layWorkspaceOver(last);
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #open(
    context: BuildContext,
    base: Base,
    snapshot: Snapshot,
    parent: SnapshotId,
    unsaved: UnsavedSteps,
    inherited: ReadSet,
  ): Promise<Session> {
    // It was found before it was leased: upkeep may have put its state on other files in between.
    const { payload } = context.store.get(snapshot.id) ?? snapshot;
    const { lineage, machine: state } = decodePayload(dirname(snapshot.folder), payload);
    context.mask.learn(lineage.secrets);
    const tracer = openTracer(context, snapshot, lineage, inherited);
    const pending = context.store.begin();
    try {
      const machine = await context.machines.restore({
        config: base.config,
        keys: base.image.keys,
        disk: join(pending.folder, STATE_FILES.disk),
        state,
        signal: context.signal,
      });
      const files = snapshot.id;
      return new Session({ context, machine, tracer, lineage, parent, files, pending, unsaved });
    } catch (error) {
      context.store.discard(pending);
      throw error;
    }
  }

  /** The id of the next snapshot. */
  get nextSnapshot(): SnapshotId {
    return this.#pending.id;
  }

  /** Mounts the traced file system in the guest, if this lineage has none yet. */
  async mountWorkspace(): Promise<void> {
    if (this.lineage.traced) return;
    this.#attach();
    await this.machine.mountWorkspace(WORKSPACE_MOUNT);
    this.lineage = { ...this.lineage, traced: true };
  }

  /**
   * Brings the guest to rest, so that all it has asked for is recorded, and says what the step observed. The guest rests
   * until `goOn`.
   */
  async freeze(): Promise<FrozenStep> {
    await this.machine.freeze();
    await namedWait({ name: 'the traced file system to come to rest', limitMs: QUIET_LIMIT_MS }, this.#quiet());
    return this.tracer.freezeStep();
  }

  async goOn(): Promise<void> {
    await this.machine.thaw();
  }

  /**
   * Saves the frozen machine as the snapshot after `step` (or as its failed state), lets the guest go on, and makes the
   * snapshot visible.
   */
  async save(
    step: Step,
    fields: StepFields,
    frozen: FrozenStep,
    durationMs: number,
    kind: Pick<Publication, 'failed'> = {},
  ): Promise<StepSnapshot> {
    const { store } = this.#context;
    const pending = this.#pending;
    const next = store.begin();
    try {
      const { state, figures } = await this.machine.save({
        folder: pending.folder,
        nextDisk: join(next.folder, STATE_FILES.disk),
        // The copies map it, and share what they do not write.
        wholeMemory: step.instruction.kind === 'SPLIT',
      });
      if (this.lineage.traced) writeTracerState(pending.folder, this.tracer.state());
      this.#pending = next;
      await this.goOn();
      const folder = dirname(pending.folder);
      const snapshot = await store.publish(pending, {
        parent: this.#parent,
        // The disk's backing file is theirs; memory may also lie on older ones.
        dependsOn: [...new Set([this.#files, ...snapshotsOf(folder, state, pending.id)])],
        steps: [...this.#unsaved.fields, fields],
        observations: mergeReadSets(this.#unsaved.observations, frozen.newObservations),
        payload: encodePayload(folder, this.lineage, state),
        label: step.instruction.text,
        durationMs: this.#unsaved.durationMs + durationMs,
        history: historyOf(this.#context, step),
        ...kind,
      });
      this.#parent = snapshot.id;
      this.#files = snapshot.id;
      this.#unsaved = NOTHING_UNSAVED;
      using _former = this.#lease;
      this.#lease = store.lease([snapshot.id]);
      return { snapshot, figures };
    } catch (error) {
      store.discard(pending);
      if (this.#pending !== next) store.discard(next);
      throw error;
    }
  }

  /** Leaves a step without a snapshot: what it did and saw is part of the next one. */
  leaveUnsaved(fields: StepFields, frozen: FrozenStep, durationMs: number): void {
    this.#unsaved = {
      fields: [...this.#unsaved.fields, fields],
      observations: mergeReadSets(this.#unsaved.observations, frozen.newObservations),
      durationMs: this.#unsaved.durationMs + durationMs,
    };
  }

  /** Says at the next look-up why this step left no snapshot. */
  noteUnpublishable(step: Step, paths: readonly string[]): void {
    this.#context.store.noteUnpublishable({
      parent: this.#parent,
      steps: this.#unsaved.fields,
      label: step.instruction.text,
      history: historyOf(this.#context, step),
      paths,
    });
  }

  /** The guest forgets what has changed since `last`; then its own caches above the traced file system go as well. */
  async #layWorkspaceOver(last: Snapshot): Promise<void> {
    const then = lineageOf(this.#context, last.id);
    const now = digestNow(this.#context, then);
    const changed = then.filter(({ digest }, index) => digest !== now[index]?.digest).map(({ path }) => path);
    if (changed.length === 0) return;
    this.tracer.invalidate([...new Set(changed)]);
    await this.machine.run(FORGET_CACHES, { signal: this.#context.signal });
  }

  #attach(): void {
    if (!this.#attached) this.tracer.attach(this.machine.fileSystemPort, (message) => this.machine.shorten(message));
    this.#attached = true;
  }

  /** The helper answers "frozen" when it has every reply, so as a rule the tracer is idle at once. */
  async #quiet(): Promise<void> {
    while (!this.tracer.idle()) await delay(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracer[Symbol.asyncDispose]();
    announceMachine(this.#context, this.machine, 'end');
    await this.machine[Symbol.asyncDispose]();
    this.#lease?.[Symbol.dispose]();
    this.#context.store.discard(this.#pending);
  }
}

/** Throws `CACHE_FULL` or `CACHE_UNUSABLE`: the run goes on without the snapshot. */
function writeTracerState(folder: string, state: Parameters<typeof writeFileSync>[1]): void {
  const file = join(folder, TRACER_STATE_FILE);
  try {
    writeFileSync(file, state, { mode: 0o600 });
  } catch (error) {
    throw asStorageError(error, file);
  }
}

function openTracer(context: BuildContext, snapshot: Snapshot, lineage: LineageState, inherited: ReadSet): Tracer {
  return createTracer({
    workspace: context.workspace,
    runStartedAtMs: context.startedAtMs,
    state: lineage.traced ? readFileSync(join(snapshot.folder, TRACER_STATE_FILE)) : undefined,
    inherited,
    sendsAhead: true,
  });
}

function lineageOf(context: BuildContext, id: SnapshotId): ReadSet {
  const observed = context.store.lineageObservations(id);
  if (observed === null) throw new LayerError('SNAPSHOT_DAMAGED', `The index has lost the lineage of ${id}`);
  return observed;
}

function digestNow({ workspace }: BuildContext, observed: PathSet): ReadSet {
  return observed.map(({ path, kind }) => ({ path, kind, digest: digestObservation(workspace, { path, kind }) }));
}
