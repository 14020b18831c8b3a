import { copyFileSync, linkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { createMemoryDigestMemo, type FrozenStep, openDirectoryWorkspace } from '../../../fs-tracer/index.ts';
import { type Layerfile, parseLayerfile } from '../../../grammar/index.ts';
import type { Base } from '../../../runner/base-machine.ts';
import type { BuildContext } from '../../../runner/build-context.ts';
import { perform } from '../../../runner/instructions/perform.ts';
import { encodePayload, NEW_LINEAGE } from '../../../runner/lineage-state.ts';
import { RunEnvironment } from '../../../runner/run-environment.ts';
import { EventMask } from '../../../runner/secrets/event-mask.ts';
import { RunSecrets } from '../../../runner/secrets/run-secrets.ts';
import { Session, type StepSnapshot } from '../../../runner/session.ts';
import { stepFields, stepsOf, type Step } from '../../../runner/step.ts';
import { StepContext } from '../../../runner/step-context.ts';
import { StepValues } from '../../../runner/step-values.ts';
import { openSnapshotStore, type Snapshot, type SnapshotStore } from '../../../snapshots/index.ts';
import { type MachineState, qemuMachines } from '../../../vm/index.ts';
import type { Scratch, SharedBase } from '../../helpers/shared-base.ts';

/**
 * A session of the product (its machine, tracer, overlays and store) on the shared base, with a workspace and a Layerfile
 * of the test's own. The test drives its steps, so it sees what each of them observed.
 */
export class TracedSession implements AsyncDisposable {
  readonly context: BuildContext;
  readonly session: Session;
  readonly #layerfile: Layerfile;
  readonly #steps: readonly Step[];

  private constructor(context: BuildContext, session: Session, layerfile: Layerfile) {
    this.context = context;
    this.session = session;
    this.#layerfile = layerfile;
    this.#steps = stepsOf(layerfile);
  }

  /** Restores the shared base, or `from`, a snapshot of an earlier session in the same store. */
  static async start(
    base: SharedBase,
    parts: {
      readonly store: SnapshotStore;
      readonly home: string;
      readonly root: string;
      readonly layerfile: string;
      readonly from?: Snapshot;
    },
  ): Promise<TracedSession> {
    const { layerfile } = await parseLayerfile(parts.layerfile, 'Layerfile');
    const context = contextOf(layerfile, parts);
    const own: Base = { ...base, format: 'private', fields: { base: base.image.id } };
    const session = await Session.restore(context, own, parts.from ?? (await publishBase(base, parts.store)));
    return new TracedSession(context, session, layerfile);
  }

  /** Performs step `number` of the Layerfile as a build does; resolves to what it printed. Throws where it fails. */
  async perform(number: number): Promise<string> {
    const step = this.#step(number);
    let printed = '';
    const build: BuildContext = {
      ...this.context,
      emit: (event) => {
        if (event.event === 'output') printed += event.text;
      },
    };
    const result = await perform(new StepContext(build, this.session, step, this.#layerfile));
    if (!result.ok) throw new Error(`${step.instruction.text}: ${result.message}\n${printed}`);
    return printed;
  }

  /** Runs a bash script that comes on stdin, so that it may be long; resolves to its bytes of both streams, in latin1. */
  async script(text: string): Promise<string> {
    const parts: Buffer[] = [];
    const end = await this.session.machine.run('exec bash -s 2>&1', {
      input: Buffer.from(text, 'latin1'),
      onOutput: (_, bytes) => void parts.push(bytes),
    });
    const printed = Buffer.concat(parts).toString('latin1');
    if (end.exitCode !== 0) throw new Error(`The script ended with ${JSON.stringify(end)}: ${printed}`);
    return printed;
  }

  /** Ends a step and lets the guest go on. */
  async endStep(): Promise<FrozenStep> {
    const frozen = await this.session.freeze();
    await this.session.goOn();
    return frozen;
  }

  /** Ends step `number` with a snapshot. */
  async saveStep(number: number): Promise<StepSnapshot & { readonly frozen: FrozenStep }> {
    const step = this.#step(number);
    const frozen = await this.session.freeze();
    const saved = await this.session.save(step, stepFields(step, 'Layerfile', {}), frozen, 1);
    return { ...saved, frozen };
  }

  #step(number: number): Step {
    const step = this.#steps[number - 1];
    if (step === undefined) throw new Error(`There is no step ${number}`);
    return step;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

/** A store in a folder that goes with the test. */
export function openScratchStore(scratch: Scratch): { readonly store: SnapshotStore; readonly home: string } {
  const home = scratch.make();
  return { store: openSnapshotStore({ home }), home };
}

function contextOf(
  layerfile: Layerfile,
  { store, home, root }: { readonly store: SnapshotStore; readonly home: string; readonly root: string },
): BuildContext {
  const environment = new RunEnvironment({ env: new Map(), buildEnv: new Map() }, root);
  const secrets = new RunSecrets({ home }, () => undefined);
  const mask = new EventMask(() => undefined, secrets);
  return {
    home,
    workspaceRoot: root,
    layerfile: 'Layerfile',
    workspace: openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo() }),
    clones: new Map(),
    store,
    digestMemo: createMemoryDigestMemo(),
    machines: qemuMachines,
    accelerator: 'auto',
    values: new StepValues({ lineage: [layerfile], environment, secrets }),
    mask,
    signal: new AbortController().signal,
    emit: mask.emit,
    startedAtMs: Date.now(),
  };
}

/** The shared base as a snapshot of `store`: its files are linked, not copied, where they are on the same file system. */
async function publishBase(base: SharedBase, store: SnapshotStore): Promise<Snapshot> {
  const pending = store.begin();
  const own = (file: string): string => {
    const place = join(pending.folder, basename(file));
    try {
      linkSync(file, place);
    } catch {
      copyFileSync(file, place);
    }
    return place;
  };
  if (base.state.format !== 'private') throw new Error('The shared base has another format');
  const { memoryBase, deviceState, disk } = base.state;
  const state: MachineState = {
    ...base.state,
    memoryBase: own(memoryBase),
    deviceState: own(deviceState),
    disk: own(disk),
  };
  return store.publish(pending, {
    parent: null,
    dependsOn: [],
    steps: [{ base: base.image.id }],
    observations: [],
    payload: encodePayload(dirname(pending.folder), NEW_LINEAGE, state),
    label: 'FROM vm/debian:12',
    durationMs: 1,
    history: { workspace: '/', layerfile: 'Layerfile', step: '1' },
  });
}
