import type { SnapshotStore } from '../snapshots/index.ts';
import type { DigestMemo, LookMemory, Workspace } from '../fs-tracer/index.ts';
import type { Accelerator, Machine, MachineFactory } from '../vm/index.ts';
import type { Activity, EmitEvent, MachineEvent } from './build-event.ts';
import type { Clone } from './clone/clone.ts';
import type { MachineSlots } from './graph/machine-slots.ts';
import type { SplitCopy } from './graph/split-copy.ts';
import type { Revision } from './revision/revision.ts';
import type { EventMask } from './secrets/event-mask.ts';
import type { StepValues } from './step-values.ts';

/** What every part of one Layerfile's build needs. */
export interface BuildContext {
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  /** Absolute path of the workspace's root: the name under which its history is kept. */
  readonly workspaceRoot: string;
  /** Relative to the workspace root. */
  readonly layerfile: string;
  /** Of a part below a SPLIT. */
  readonly copy?: SplitCopy;
  /** Whether other parts go on from this one's end; false by default. */
  readonly isParent?: boolean;
  /** How many Layerfiles its machine went through before this one; 0 by default. */
  readonly depth?: number;
  /** Whose turn it is to have a machine; everybody's where it is absent. */
  readonly slots?: MachineSlots;
  /** The greater, the sooner it has a machine; 0 by default. */
  readonly priority?: number;
  /** The commit that {@link workspace} shows; absent where it is the checkout. */
  readonly revision?: Revision;
  /** With the repositories of {@link clones} in it. */
  readonly workspace: Workspace;
  /** What CLONE takes files from, by `cloneId`. */
  readonly clones: ReadonlyMap<string, Clone>;
  /** What former decisions learnt of `workspace`, where anything can be remembered of it. */
  readonly memory?: LookMemory | undefined;
  readonly store: SnapshotStore;
  readonly digestMemo: DigestMemo;
  readonly machines: MachineFactory;
  readonly accelerator: 'auto' | Accelerator;
  /** What steps depend on besides files. */
  readonly values: StepValues;
  /** What `emit` goes through: it must know every secret that the machine has seen. */
  readonly mask: EventMask;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** How long EXPOSE waits for its port to answer; 2 minutes by default. */
  readonly exposeLimitMs?: number;
  /** Absent where there is nobody to ask. */
  readonly askPerson?: AskPerson;
  readonly isPressed?: IsPressed;
}

/** A BUTTON, by its place. */
export interface ButtonAt {
  readonly layerfile: string;
  /** Below a SPLIT: which copy, from 0. */
  readonly copy?: number;
  /** Instructions count from 1. */
  readonly step: number;
}

/** Whether somebody has pressed it before the run: then it goes on there without asking, and else it ends there, and waits. */
export type IsPressed = (button: ButtonAt) => boolean;

/** A BUTTON's message, and where it stands. */
export interface Question {
  readonly layerfile: string;
  /** Below a SPLIT: which copy asks, from 0. */
  readonly copy?: number;
  readonly line: number;
  readonly message: string;
}

/** Asks a person; resolves to whether the run may go on, and rejects with the signal's reason when that is aborted. */
export type AskPerson = (question: Question, signal: AbortSignal) => Promise<boolean>;

/** Says what the environment is doing before or between steps; `progress` from 0 to 1 where known. */
export function announce(context: BuildContext, activity: Activity['activity'], text: string, progress?: number): void {
  const { layerfile } = context;
  context.emit({ event: 'activity', layerfile, activity, text, ...(progress === undefined ? {} : { progress }) });
}

/** Says that a machine begins, or is about to end. */
export function announceMachine(context: BuildContext, machine: Machine, phase: MachineEvent['phase']): void {
  const memory = phase === 'end' ? machine.memoryUse() : null;
  const { layerfile } = context;
  context.emit({ event: 'machine', layerfile, phase, memoryMib: machine.config.memoryMib, ...memory });
}

export function warn(context: BuildContext, text: string, step?: number): void {
  context.emit({ event: 'warning', layerfile: context.layerfile, text, ...(step === undefined ? {} : { step }) });
}
