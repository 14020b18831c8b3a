import type { SnapshotStore } from '../snapshots/index.ts';
import type { Workspace } from '../fs-tracer/index.ts';
import type { Accelerator, MachineFactory } from '../vm/index.ts';
import type { Activity, EmitEvent } from './build-event.ts';

interface ContextParts {
  readonly home: string;
  /** Absolute path of the workspace's root: the name under which its history is kept. */
  readonly workspaceRoot: string;
  /** Relative to the workspace root. */
  readonly layerfile: string;
  readonly workspace: Workspace;
  readonly store: SnapshotStore;
  readonly machines: MachineFactory;
  readonly accelerator: 'auto' | Accelerator;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
}

/** What every part of one Layerfile's build needs, and the short forms of its events. */
export class BuildContext implements ContextParts {
  readonly home: string;
  readonly workspaceRoot: string;
  readonly layerfile: string;
  readonly workspace: Workspace;
  readonly store: SnapshotStore;
  readonly machines: MachineFactory;
  readonly accelerator: 'auto' | Accelerator;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  readonly startedAtMs: number;

  constructor(parts: ContextParts) {
    this.home = parts.home;
    this.workspaceRoot = parts.workspaceRoot;
    this.layerfile = parts.layerfile;
    this.workspace = parts.workspace;
    this.store = parts.store;
    this.machines = parts.machines;
    this.accelerator = parts.accelerator;
    this.signal = parts.signal;
    this.emit = parts.emit;
    this.startedAtMs = parts.startedAtMs;
  }

  activity(activity: Activity['activity'], text: string, progress?: number): void {
    const { layerfile } = this;
    this.emit({ event: 'activity', layerfile, activity, text, ...(progress === undefined ? {} : { progress }) });
  }

  warn(text: string, step?: number): void {
    this.emit({ event: 'warning', layerfile: this.layerfile, text, ...(step === undefined ? {} : { step }) });
  }
}
