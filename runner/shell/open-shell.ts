import type { Readable, Writable } from 'node:stream';

import type { Layerfile } from '../../grammar/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import type { CommandEnd, GuestTerminal } from '../../vm/index.ts';
import type { Base } from '../base-machine.ts';
import type { BuildContext } from '../build-context.ts';
import type { Activity, BuildEvent } from '../build-event.ts';
import { leaseSound } from '../lease-sound.ts';
import { layerfileName } from '../layerfile-name.ts';
import { MachineTurn } from '../machine-turn.ts';
import { historyOf, type Plan } from '../plan.ts';
import { planLayerfiles } from '../run-layerfiles.ts';
import { restoreOrDrop } from '../restore-session.ts';
import type { RunOptions } from '../run-options.ts';
import { Session } from '../session.ts';
import { requireSoundImage } from '../sound-image.ts';
import { stepsOf } from '../step.ts';
import { refillCaches } from '../with-caches.ts';
import { type ChosenState, newestState, type StateKind, stateAfter } from './choose-state.ts';
import { shellCommand } from './shell-command.ts';
import { baseOf, type PlannedPart, storedStates } from './stored-states.ts';
import { type WantedLayerfile, wantedLayerfile } from './wanted-layerfile.ts';
import { type WantedStep, wantedStep } from './wanted-step.ts';

type FromRuns =
  | 'directory'
  | 'rev'
  | 'home'
  | 'secretsHome'
  | 'accelerator'
  | 'given'
  | 'signal'
  | 'slots'
  | 'machines';

export interface ShellOptions extends Pick<RunOptions, FromRuns> {
  /** A Layerfile, or a folder with one; resolved against `directory`. */
  readonly path: string;
  /** As {@link wantedStep} has it. */
  readonly step: string | null;
  /** A program and its arguments; none: a shell. */
  readonly words: readonly string[];
  readonly input: Readable;
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
  /** Gets stdout in the place of `onOutput`, as fast as it takes it, and is ended when that ends. */
  readonly output?: Writable;
  /** Absent: what runs has no terminal. */
  readonly terminal?: GuestTerminal;
  /** Told before the machine starts which one that is. */
  readonly onState: (state: ShellState) => void;
  readonly onWarning: (text: string) => void;
  /** What the environment is doing before the machine is there. */
  readonly onActivity?: (activity: Activity) => void;
  /** The machine is there; from now on what is read from `input` is for the guest. */
  readonly onReady: () => void;
}

/** Which machine it is. */
export interface ShellState {
  /** Relative to the workspace root. */
  readonly layerfile: string;
  readonly kind: StateKind;
  /** After this step; the text is that of the step as it ran. */
  readonly step: { readonly number: number; readonly instruction: string };
  /** The step that was asked for, where it has no machine of its own. */
  readonly asked: { readonly number: number; readonly instruction: string } | null;
  readonly createdAtMs: number;
}

/**
 * Opens a shell, or runs a command, in a fork of the machine as it was after a step, over the workspace as it is now (with `rev`: as the
 * commit has it, and then only a machine that was made of that), and resolves when it has ended. Nothing that it does is kept. Throws `USAGE` where no step is meant, `STATE_MISSING` where no machine is stored.
 */
export async function openShell(options: ShellOptions): Promise<CommandEnd> {
  const wanted = await wantedLayerfile(options);
  const search = new Search(options, wanted);
  await planLayerfiles({
    ...planOptions(options, wanted),
    whenPlanned: async (context, plan, layerfile) => search.take({ context, plan }, layerfile),
  });
  options.signal.throwIfAborted();
  if (search.end === null) throw nothingStored(wanted.path, options.rev);
  return search.end;
}

/** What only shells have does no harm there. */
function planOptions(options: ShellOptions, { file }: WantedLayerfile): RunOptions {
  const emit = (event: BuildEvent): void => {
    if (event.event === 'warning') options.onWarning(event.text);
    if (event.event === 'activity') options.onActivity?.(event);
  };
  return { ...options, paths: [file], noCache: false, force: [], emit };
}

/** Goes along with a plan until it comes to what is wanted, and opens that while the plan's workspace is open. */
class Search {
  readonly #options: ShellOptions;
  readonly #wanted: WantedLayerfile;
  /** Of all Layerfiles that are planned: one that is FROM another has that one's. */
  readonly #bases: Base[] = [];
  readonly #parts: PlannedPart[] = [];
  end: CommandEnd | null = null;

  constructor(options: ShellOptions, wanted: WantedLayerfile) {
    this.#options = options;
    this.#wanted = wanted;
  }

  async take(part: PlannedPart, layerfile: Layerfile): Promise<void> {
    const base = baseIn(part.plan);
    if (base !== null) this.#bases.push(base);
    if (part.context.layerfile !== this.#wanted.path || this.end !== null) return;
    const wanted = wantedStep(this.#options.step, stepsOf(layerfile), layerfile.path);
    const copy = copyOf(part);
    if (copy !== null && copy !== wanted.copy) return;
    this.#parts.push(part);
    if (isLastPart(part, layerfile, wanted)) this.end = await this.#open(part.context, wanted, layerfile);
  }

  async #open(context: BuildContext, { step }: WantedStep, layerfile: Layerfile): Promise<CommandEnd> {
    for (;;) {
      const all = this.#parts.flatMap((part) => storedStates(part, this.#bases));
      const state = step === null ? newestState(all) : stateAfter(step, all);
      const base = state === null ? null : baseOf(context, state.snapshot, this.#bases);
      if (state === null || base === null) throw nothingStored(layerfile.path, this.#options.rev);
      await requireSoundImage(context, base);
      using lease = await leaseSound(context, state.snapshot);
      // One that was damaged is gone now, and another takes its place.
      const asked = step ?? (state.kind === 'failed' ? null : (all.at(-1)?.step ?? null));
      const end = lease === null ? null : await this.#run(context, base, state, { layerfile, asked });
      if (end !== null) return end;
    }
  }

  /** Null where the machine cannot be restored; then it is gone too. */
  async #run(
    context: BuildContext,
    base: Base,
    state: ChosenState,
    { layerfile, asked }: { readonly layerfile: Layerfile; readonly asked: WantedStep['step'] },
  ): Promise<CommandEnd | null> {
    const { words, terminal, input, onOutput, output, onReady, onState, signal } = this.#options;
    const { snapshot } = state;
    onState(stateTold(context, state, asked));
    using turn = new MachineTurn(context, base.config.memoryMib);
    await turn.take();
    context.store.touch([snapshot.id]);
    await using session = await restoreOrDrop(context, snapshot, async () =>
      Session.goOnFrom(context, base, snapshot, snapshot.parent ?? snapshot.id),
    );
    if (session === null) return null;
    await refillCaches(context, session);
    const prompt = `${promptName(layerfile)}:${historyOf(context, state.step).step}${state.kind === 'failed' ? '!' : ''}`;
    const command = shellCommand(session.lineage, { words, atTerminal: terminal !== undefined, prompt });
    onReady();
    const sink = output === undefined ? { onOutput } : { output };
    return await session.machine.run(command, { input, signal, terminal, ...sink });
  }
}

function baseIn({ ground }: Plan): Base | null {
  return ground?.base ?? null;
}

/** Which copy of a SPLIT a part is; null above one, and where there is none. */
function copyOf({ context }: PlannedPart): number | null {
  return context.copy?.index ?? null;
}

/** Whether nothing that could be meant comes after this part. */
function isLastPart(part: PlannedPart, { instructions }: Layerfile, { step }: WantedStep): boolean {
  const hasCopies = instructions.slice(0, -1).some(({ kind }) => kind === 'SPLIT');
  return !hasCopies || copyOf(part) !== null || part.plan.steps.some(({ number }) => number === step?.number);
}

function stateTold(
  context: BuildContext,
  { kind, snapshot, step }: ChosenState,
  asked: WantedStep['step'],
): ShellState {
  const isOther = asked !== null && asked.number !== step.number;
  return {
    layerfile: context.layerfile,
    kind,
    step: { number: step.number, instruction: snapshot.label },
    asked: isOther ? { number: asked.number, instruction: asked.instruction.text } : null,
    createdAtMs: snapshot.createdAtMs,
  };
}

/** A prompt is expanded by the shell that shows it: nothing in it may mean anything there. */
function promptName(layerfile: Layerfile): string {
  return layerfileName(layerfile).replaceAll(/[^\w.-]+/g, '-');
}

function nothingStored(layerfile: string, rev: string | undefined): LayerError {
  if (rev !== undefined)
    return new LayerError('STATE_MISSING', `No machine of ${layerfile} at ${rev} is stored (any more)`, {
      hint: 'Run that commit again: a run leaves one after each step, also after one that fails.',
    });
  return new LayerError('STATE_MISSING', `No machine of ${layerfile} is stored here`, {
    hint: 'Run `layer run` first: it leaves one after each step, also after one that fails.',
  });
}
