import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import {
  createTracer,
  digestObservation,
  type FrozenStep,
  mergeReadSets,
  type ReadSet,
  type Tracer,
} from '../fs-tracer/index.ts';
import type { PendingSnapshot, Snapshot, SnapshotId, StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { type Machine, type SaveFigures, STATE_FILES } from '../vm/index.ts';
import type { Base } from './base-machine.ts';
import type { BuildContext } from './build-context.ts';
import { WORKSPACE_MOUNT } from './guest-layout.ts';
import {
  decodePayload,
  encodePayload,
  type LineageState,
  NEW_LINEAGE,
  snapshotsOf,
  TRACER_STATE_FILE,
} from './lineage-state.ts';
import { historyOf } from './plan.ts';
import type { Step } from './step.ts';

const QUIET_LIMIT_MS = 60_000;

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
  #parent: SnapshotId;
  #pending: PendingSnapshot;
  /** What the steps since the parent that left no snapshot add to the next one's key and worth. */
  #unsaved: UnsavedSteps = NOTHING_UNSAVED;
  #attached = false;

  private constructor(parts: {
    readonly context: BuildContext;
    readonly machine: Machine;
    readonly tracer: Tracer;
    readonly lineage: LineageState;
    readonly parent: SnapshotId;
    readonly pending: PendingSnapshot;
  }) {
    this.#context = parts.context;
    this.machine = parts.machine;
    this.tracer = parts.tracer;
    this.lineage = parts.lineage;
    this.#parent = parts.parent;
    this.#pending = parts.pending;
    if (this.lineage.traced) this.#attach();
  }

  /** Restores `snapshot` and lays the current workspace under it. */
  static async restore(context: BuildContext, base: Base, snapshot: Snapshot): Promise<Session> {
    const { lineage, machine: state } = decodePayload(dirname(snapshot.folder), snapshot.payload);
    context.mask.learn(lineage.secrets);
    const tracer = openTracer(context, snapshot, lineage);
    const pending = context.store.begin();
    try {
      const machine = await context.machines.restore({
        config: base.config,
        keys: base.image.keys,
        disk: join(pending.folder, STATE_FILES.disk),
        state,
        signal: context.signal,
      });
      return new Session({ context, machine, tracer, lineage, parent: snapshot.id, pending });
    } catch (error) {
      context.store.discard(pending);
      throw error;
    }
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

  /** Saves the frozen machine as the snapshot after `step`, lets the guest go on, and makes the snapshot visible. */
  async save(step: Step, fields: StepFields, frozen: FrozenStep, durationMs: number): Promise<StepSnapshot> {
    const { store } = this.#context;
    const pending = this.#pending;
    const next = store.begin();
    try {
      const { state, figures } = await this.machine.save({
        folder: pending.folder,
        nextDisk: join(next.folder, STATE_FILES.disk),
      });
      if (this.lineage.traced)
        writeFileSync(join(pending.folder, TRACER_STATE_FILE), this.tracer.state(), { mode: 0o600 });
      this.#pending = next;
      await this.goOn();
      const folder = dirname(pending.folder);
      const snapshot = await store.publish(pending, {
        parent: this.#parent,
        // The disk's backing file is the parent's; memory may also lie on older ones.
        dependsOn: [...new Set([this.#parent, ...snapshotsOf(folder, state, pending.id)])],
        steps: [...this.#unsaved.fields, fields],
        observations: mergeReadSets(this.#unsaved.observations, frozen.newObservations),
        payload: encodePayload(folder, this.lineage, state),
        label: step.instruction.text,
        durationMs: this.#unsaved.durationMs + durationMs,
        history: historyOf(this.#context, step),
      });
      this.#parent = snapshot.id;
      this.#unsaved = NOTHING_UNSAVED;
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

  #attach(): void {
    if (!this.#attached) this.tracer.attach(this.machine.fileSystemPort);
    this.#attached = true;
  }

  /** The helper answers "frozen" when it has every reply, so as a rule the tracer is idle at once. */
  async #quiet(): Promise<void> {
    while (!this.tracer.idle()) await delay(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracer[Symbol.asyncDispose]();
    await this.machine[Symbol.asyncDispose]();
    this.#context.store.discard(this.#pending);
  }
}

function openTracer(context: BuildContext, snapshot: Snapshot, lineage: LineageState): Tracer {
  const observed = context.store.lineageObservations(snapshot.id);
  if (observed === null) throw new LayerError('SNAPSHOT_DAMAGED', `The index has lost the lineage of ${snapshot.id}`);
  return createTracer({
    workspace: context.workspace,
    runStartedAtMs: context.startedAtMs,
    state: lineage.traced ? readFileSync(join(snapshot.folder, TRACER_STATE_FILE)) : undefined,
    inherited: observed.map(({ path, kind }) => ({
      path,
      kind,
      digest: digestObservation(context.workspace, { path, kind }),
    })),
  });
}

/** Saves a machine that was just booted as the snapshot of its FROM step. */
export async function publishBase(
  context: BuildContext,
  machine: Machine,
  pending: PendingSnapshot,
  nextDisk: string,
  step: Step,
  base: Base,
  durationMs: number,
): Promise<StepSnapshot> {
  const { state, figures } = await machine.save({ folder: pending.folder, nextDisk, wholeMemory: true });
  const folder = dirname(pending.folder);
  const snapshot = await context.store.publish(pending, {
    parent: null,
    dependsOn: snapshotsOf(folder, state, pending.id),
    steps: [base.fields],
    observations: [],
    payload: encodePayload(folder, NEW_LINEAGE, state),
    label: step.instruction.text,
    durationMs,
    history: historyOf(context, step),
  });
  return { snapshot, figures };
}
