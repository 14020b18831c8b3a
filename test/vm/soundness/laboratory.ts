import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import {
  createMemoryDigestMemo,
  openDirectoryWorkspace,
  openSqliteDigestMemo,
  type SqliteDigestMemo,
} from '../../../fs-tracer/index.ts';
import { type Layerfile, parseLayerfile } from '../../../grammar/index.ts';
import { type Base, ensureBase } from '../../../runner/base-machine.ts';
import type { BuildContext } from '../../../runner/build-context.ts';
import type { EmitEvent } from '../../../runner/build-event.ts';
import { copy } from '../../../runner/instructions/copy.ts';
import { fromOf, planOn } from '../../../runner/plan.ts';
import { NO_VARIABLES, RunEnvironment } from '../../../runner/run-environment.ts';
import { EventMask } from '../../../runner/secrets/event-mask.ts';
import { RunSecrets } from '../../../runner/secrets/run-secrets.ts';
import { Session } from '../../../runner/session.ts';
import { type Step, stepsOf } from '../../../runner/step.ts';
import { StepContext } from '../../../runner/step-context.ts';
import { StepValues } from '../../../runner/step-values.ts';
import { openSnapshotStore, type Snapshot, type SnapshotStore } from '../../../snapshots/index.ts';
import { makeTemporaryFolder } from '../../../util/temporary-folder.ts';
import { qemuMachines } from '../../../vm/index.ts';
import { seedHome } from '../../e2e/seed-home.ts';
import { compileGuestPrograms, type GuestPrograms, OPERATIONS_PROGRAM } from './guest-programs.ts';
import { encodePrograms, type Program, splitOutputs } from './operation.ts';
import { STEPS } from './soundness-case.ts';

const LAYERFILE = [
  'FROM vm/debian:12',
  'COPY . /w',
  ...Array.from({ length: STEPS }, (_, index) => `RUN ${index + 1}`),
];

/** A run that was frozen after a step, or was restored there. */
export type Outputs = ReadonlyMap<string, string>;

/** A workspace, a store, and machines that are made, saved and restored by the product's own code. */
export class Laboratory implements Disposable {
  readonly folder: string;
  readonly workspaceRoot: string;
  readonly programs: GuestPrograms;
  readonly store: SnapshotStore;
  readonly #memo: SqliteDigestMemo;
  readonly #signal: AbortSignal;
  readonly #layerfile: Layerfile;
  readonly #steps: readonly Step[];
  #base: Base | undefined;
  #prepared: Snapshot | undefined;

  private constructor(folder: string, layerfile: Layerfile, signal: AbortSignal) {
    this.folder = folder;
    this.#layerfile = layerfile;
    this.#steps = stepsOf(layerfile);
    this.#signal = signal;
    this.workspaceRoot = join(folder, 'workspace');
    mkdirSync(this.workspaceRoot);
    this.programs = compileGuestPrograms(folder);
    const home = join(folder, 'home');
    seedHome(home);
    this.store = openSnapshotStore({ home });
    this.#memo = openSqliteDigestMemo(join(home, 'digests.sqlite'));
  }

  static async open(signal: AbortSignal): Promise<Laboratory> {
    const { layerfile } = await parseLayerfile(`${LAYERFILE.join('\n')}\n`, 'Layerfile');
    const laboratory = new Laboratory(makeTemporaryFolder('layer-soundness'), layerfile, signal);
    try {
      await laboratory.#prepare();
      return laboratory;
    } catch (error) {
      laboratory[Symbol.dispose]();
      throw error;
    }
  }

  /** What a run that starts now works with: the workspace as it is now, nothing remembered but digests. */
  newRun(): BuildContext {
    const emit: EmitEvent = () => undefined;
    const home = join(this.folder, 'home');
    const environment = new RunEnvironment({ env: NO_VARIABLES, buildEnv: NO_VARIABLES }, this.workspaceRoot);
    const secrets = new RunSecrets({ home }, () => undefined);
    return {
      home,
      workspaceRoot: this.workspaceRoot,
      layerfile: 'Layerfile',
      workspace: openDirectoryWorkspace({ root: this.workspaceRoot, digestMemo: this.#memo }),
      clones: new Map(),
      store: this.store,
      digestMemo: createMemoryDigestMemo(),
      machines: qemuMachines,
      accelerator: 'auto',
      values: new StepValues({ lineage: [this.#layerfile], environment, secrets }),
      mask: new EventMask(emit, secrets),
      signal: this.#signal,
      emit,
      startedAtMs: Date.now(),
    };
  }

  /** A machine that has seen nothing of the workspace yet, with the workspace laid at /w. */
  async startFresh(): Promise<Session> {
    const context = this.newRun();
    const session = await Session.restore(context, this.#ready(this.#base), this.#ready(this.#prepared));
    try {
      const step = this.#step(2);
      if (step.instruction.kind !== 'COPY') throw new Error('The second step is no COPY');
      const result = await copy(new StepContext(context, session, step, this.#layerfile), step.instruction);
      if (!result.ok) throw new Error(`COPY failed: ${result.message}`);
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  async restore(snapshot: Snapshot): Promise<Session> {
    return Session.restore(this.newRun(), this.#ready(this.#base), snapshot);
  }

  /** As RUN REPEATABLE does. */
  async goOnFrom(last: Snapshot, parent: Snapshot): Promise<Session> {
    return Session.goOnFrom(this.newRun(), this.#ready(this.#base), last, parent.id);
  }

  /** Runs one step of every case; gives what each printed. */
  async runStep(session: Session, programs: ReadonlyMap<string, Program>): Promise<Outputs> {
    let text = '';
    const end = await session.machine.run(OPERATIONS_PROGRAM, {
      input: encodePrograms(programs),
      signal: this.#signal,
      onOutput: (_, bytes) => (text += bytes.toString('latin1')),
    });
    if (end.exitCode !== 0) throw new Error(`The step ended with ${JSON.stringify(end)}: ${text}`);
    const outputs = splitOutputs(text, programs.keys());
    for (const [name, program] of programs) {
      const printed = outputs.get(name) ?? '';
      if (printed.split('\n').length - 1 !== program.length)
        throw new Error(`${name} printed other than ${program.length} results:\n${printed}`);
    }
    return outputs;
  }

  /** Saves the machine as the snapshot after step `number` (0: COPY), and says what the step was first to observe. */
  async save(
    session: Session,
    number: number,
  ): Promise<{ snapshot: Snapshot; frozen: Awaited<ReturnType<Session['freeze']>> }> {
    const frozen = await session.freeze();
    const step = this.#step(number + 2);
    const { snapshot } = await session.save(step, { instruction: step.instruction.text }, frozen, 1);
    return { snapshot, frozen };
  }

  async #prepare(): Promise<void> {
    const context = this.newRun();
    const steps = this.#steps.slice(0, 1);
    this.#base = await ensureBase(context, fromOf(steps));
    const { hit } = planOn({ base: this.#base, parent: null }, context, steps, { noCache: false, force: [] });
    if (hit === null) throw new Error('The base machine was not booted');
    await using session = await Session.restore(context, this.#base, hit.snapshot);
    const folder = OPERATIONS_PROGRAM.slice(0, OPERATIONS_PROGRAM.lastIndexOf('/'));
    const command = `mkdir -p ${folder} && cat > ${OPERATIONS_PROGRAM} && chmod +x ${OPERATIONS_PROGRAM}`;
    const end = await session.machine.run(command, { input: this.programs.operations });
    if (end.exitCode !== 0) throw new Error(`The guest program was not stored: ${JSON.stringify(end)}`);
    const frozen = await session.freeze();
    this.#prepared = (await session.save(this.#step(1), { instruction: 'prepare' }, frozen, 1)).snapshot;
  }

  #step(number: number): Step {
    return this.#ready(this.#steps[number - 1]);
  }

  #ready<Part>(part: Part | undefined): Part {
    if (part === undefined) throw new Error('The laboratory is not prepared');
    return part;
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
    this.#memo[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
