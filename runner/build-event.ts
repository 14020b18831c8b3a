import type { ObservationCounts, ObservationKind } from '../fs-tracer/index.ts';
import type { SnapshotReason } from './snapshot-policy.ts';

/** How a step ended: these words everywhere, screen included. `would-run` is `layer plan`'s. */
export type StepOutcome = 'restored' | 'ran' | 'failed' | 'cancelled' | 'skipped' | 'would-run';

/** Why a step was not restored (cli.md). `detail` sentences are for people; programs read the typed fields. */
export type Miss =
  | { readonly reason: 'new' | 'evicted' | 'forced' }
  | {
      readonly reason: 'instruction';
      readonly was?: string;
      readonly machine?: MachineChange;
      /** Path of the Layerfile that it is FROM, where that did not end as it did before. */
      readonly parent?: string;
    }
  | {
      readonly reason: 'changed';
      readonly kind: ObservationKind;
      readonly path: string;
      readonly was: string;
      readonly now: string;
    }
  | { readonly reason: 'unpublishable'; readonly paths: readonly string[] };

/** A part of the machine that is not what it was when this Layerfile ran last: nothing that is saved fits. */
export interface MachineChange {
  /** A name of a field of the machine's identity; or `base`, the image's id; or `semantics`, what instructions do. */
  readonly field: string;
  readonly was: string;
  readonly now: string;
}

interface OfLayerfile {
  /** Path relative to the workspace root. */
  readonly layerfile: string;
  /** Below a SPLIT: which copy, from 0. */
  readonly copy?: number;
}

interface OfStep extends OfLayerfile {
  /** Instructions count from 1; FROM is 1. */
  readonly step: number;
}

export interface BuildStarted extends OfLayerfile {
  readonly event: 'build';
  readonly name: string;
  /** How many instructions it has, FROM included. */
  readonly steps: number;
  /** The Layerfiles that come first, by path. */
  readonly needs?: readonly BuildNeed[];
  /** Of a Layerfile with SPLIT. */
  readonly split?: {
    /** Number of the SPLIT step: those below it end once for each copy. */
    readonly step: number;
    readonly copies: number;
  };
}

/** `FROM`: it goes on in that one's machine. `WAIT`: that one must have succeeded. */
export interface BuildNeed {
  readonly kind: 'FROM' | 'WAIT';
  readonly layerfile: string;
}

/** Sent when a step starts to run (never for restored ones), so that a screen can show a live line. */
export interface StepStarted extends OfStep {
  readonly event: 'start';
  readonly line: number;
  readonly instruction: string;
  /** Why it was not restored. */
  readonly miss?: Miss;
}

/**
 * What the environment is doing before or between steps: building an image, booting, restoring, fetching, saving caches,
 * waiting for another run (`wait`), or for a processor or memory that other machines use (`queue`).
 */
export interface Activity extends OfLayerfile {
  readonly event: 'activity';
  readonly activity: 'image' | 'boot' | 'restore' | 'probe' | 'clone' | 'cache' | 'wait' | 'queue';
  readonly text: string;
  /** 0 to 1 where known. */
  readonly progress?: number;
}

export interface StepOutput extends OfStep {
  readonly event: 'output';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface StepEnded extends OfStep {
  readonly event: 'step';
  readonly line: number;
  readonly instruction: string;
  readonly outcome: StepOutcome;
  readonly durationMs: number;
  /** Of a BUTTON that waits for a person; the build ends there and has succeeded so far. */
  readonly waiting?: true;
  /** Of a restored step: how long it took when it ran. */
  readonly savedMs?: number;
  readonly exitCode: number | null;
  readonly observed: ObservationCounts | null;
  readonly snapshot: string | null;
  /** Of a failed step whose machine was kept as it was then, for `layer shell`: no run restores it. */
  readonly failedState?: true;
  readonly snapshotMs: number | null;
  readonly snapshotBytes: number | null;
  /** QEMU spawn to guest running; on the first step that ran after a restore. */
  readonly restoreMs?: number;
  readonly miss: Miss | null;
  /** Of a plan since a commit: whether it is not as it was there. */
  readonly affected?: boolean;
  /** Of an EXPOSE WEBSITE that was reached: the path where it begins. */
  readonly website?: string;
  /** Of an explained plan: what its snapshot's steps were first to observe, where one was asked to list it. */
  readonly observations?: readonly ToldObservation[];
  /** Of an explained plan. */
  readonly planned?: PlannedSnapshot;
}

export interface ToldObservation {
  readonly path: string;
  readonly kind: ObservationKind;
  readonly digest: string;
}

/** Whether a run takes a snapshot after a step, and why. */
export interface PlannedSnapshot {
  readonly taken: boolean;
  readonly why: SnapshotReason;
  /** What one takes on this host as a rule; null where none was taken yet. */
  readonly costsMs: number | null;
  /** What the steps since the snapshot before took when they ran; null where they have not. */
  readonly savesMs: number | null;
}

/** A machine begins to exist, or has ended. */
export interface MachineEvent extends OfLayerfile {
  readonly event: 'machine';
  readonly phase: 'begin' | 'end';
  /** The guest's memory, MiB. */
  readonly memoryMib: number;
  /** At its end: what the host's memory held of it, MiB, and its share of that where other machines used the same pages. */
  readonly residentMib?: number;
  readonly proportionalMib?: number;
}

export interface BuildWarning extends OfLayerfile {
  readonly event: 'warning';
  readonly step?: number;
  readonly text: string;
}

export interface BuildResult {
  readonly event: 'result';
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly restored: number;
  readonly ran: number;
  readonly failed: number;
  /** How many BUTTONs wait for a person: what is below them was not run. */
  readonly waiting: number;
  readonly durationMs: number;
  /** Sum of what the restored steps took when they ran. */
  readonly savedMs: number;
}

/** With `--up`, after the result: something in a machine that can be reached from this host now. */
export interface Exposed extends OfLayerfile {
  readonly event: 'exposed';
  readonly kind: 'website' | 'tcp';
  /** `http://localhost:PORT/path`, or `tcp://localhost:PORT`. */
  readonly url: string;
  readonly guestPort: number;
}

/** With `--up`, after the last `exposed`: the machines stay until somebody interrupts. */
export interface Up {
  readonly event: 'up';
  /** How many `exposed` events came before. */
  readonly exposed: number;
}

export type BuildEvent =
  | BuildStarted
  | StepStarted
  | Activity
  | StepOutput
  | StepEnded
  | MachineEvent
  | BuildWarning
  | BuildResult
  | Exposed
  | Up;

export type EmitEvent = (event: BuildEvent) => void;
