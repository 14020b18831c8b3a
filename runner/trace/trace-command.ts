import { existsSync, readdirSync, realpathSync, rmdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';

import {
  createTracer,
  type DigestMemo,
  type FrozenStep,
  openDirectoryWorkspace,
  openSqliteDigestMemo,
  parseWorkspacePath,
  type ReadSet,
  toPathBytes,
  type Workspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';
import { makeTemporaryFolder } from '../../util/temporary-folder.ts';
import { findWorkspaceRoot } from '../../util/workspace-root.ts';
import { attributesOnHost } from './attributes-on-host.ts';
import { mayMount } from './availability.ts';
import { type CopyPlan, planCopies } from './copy-plan.ts';
import { type CommandEnded, TraceHelper } from './trace-helper.ts';
import type { TracedObservation } from './traced-observation.ts';

export interface TraceOptions {
  /** The program, found in PATH, and its arguments. */
  readonly command: readonly string[];
  /** Where the command starts, absolute. Its workspace is what is traced. */
  readonly directory: string;
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  /** Where the command's standard output goes; all else it inherits. */
  readonly stdout: 'stdout' | 'stderr';
  /** Whether {@link EndedTrace.copies} is wanted. */
  readonly plansCopies: boolean;
  /** Called once with what takes the signals that this process gets while the command runs. */
  readonly passSignals?: (passOn: (signal: NodeJS.Signals) => void) => void;
}

export interface EndedTrace {
  readonly outcome: 'ended';
  /** Null where a signal ended the command. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
  /** The workspace's root, and the command's folder in it (latin1, '' for the root). */
  readonly root: string;
  readonly folder: WorkspacePath;
  /** By path, then kind. */
  readonly observations: readonly TracedObservation[];
  /** Files below the root that the command wrote, and names that it removed; the workspace has none of that. */
  readonly written: number;
  readonly removed: number;
  /** Processes that the command left running, ended since. */
  readonly leftBehind: number;
  /** Observed paths that were edited meanwhile. */
  readonly changedDuringRun: readonly WorkspacePath[];
  /** Why something could not be read, or null. */
  readonly trouble: string | null;
  /** What a container needs of the workspace to run the command; null where not wanted. */
  readonly copies: CopyPlan | null;
}

export type TraceResult =
  | EndedTrace
  /** The command could not be started. `errno` is a name such as `ENOENT`. */
  | { readonly outcome: 'refused'; readonly errno: string };

/**
 * Runs a command of this host over its traced workspace, which it sees at the usual path and cannot change. Everything in the
 * workspace is visible, ignored or not: a command of the host works with what is there. Throws `TRACE_UNAVAILABLE` where
 * FUSE is not usable.
 */
export async function traceCommand(options: TraceOptions): Promise<TraceResult> {
  const directory = realpathSync(options.directory);
  const root = findWorkspaceRoot(directory);
  if (root === '/') {
    throw new LayerError('USAGE', 'The workspace would be /, which cannot be traced', {
      hint: 'Start it in the folder of a project.',
    });
  }
  using digestMemo = openSqliteDigestMemo(join(makePrivateFolder(options.home), 'digests.sqlite'));
  const workspace = openDirectoryWorkspace({ root, digestMemo, showsAll: true });
  const run = await runTraced(workspace, { ...options, directory, root });
  if (run.kind === 'refused') return { outcome: 'refused', errno: getSystemErrorName(-run.errno) };
  return resultOf(run, { root, directory, workspace, digestMemo, plansCopies: options.plansCopies });
}

type TracedRun =
  | (CommandEnded & { readonly frozen: FrozenStep })
  | { readonly kind: 'refused'; readonly errno: number };

async function runTraced(workspace: Workspace, options: TraceOptions & { readonly root: string }): Promise<TracedRun> {
  const { root, directory, command, stdout } = options;
  await using tracer = createTracer({
    workspace,
    runStartedAtMs: Date.now(),
    inherited: [],
    hostAttributesOf: attributesOnHost(root, !mayMount()),
  });
  tracer.addView([{ at: '', source: '' as WorkspacePath }]);
  using folder = temporaryFolder();
  await using helper = new TraceHelper({ folder: folder.path, root, directory, command, stdout });
  tracer.attach(helper.files);
  options.passSignals?.((signal) => helper.passOn(signal));
  const report = await helper.report;
  return report.kind === 'refused' ? report : { ...report, frozen: tracer.freezeStep() };
}

/** Emptied by the helper. What a helper that was killed leaves is removed by a later run (util/temporary-folder.ts). */
function temporaryFolder(): Disposable & { readonly path: string } {
  const path = makeTemporaryFolder('layer-trace');
  return {
    path,
    [Symbol.dispose]() {
      if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
    },
  };
}

interface ResultParts {
  readonly root: string;
  readonly directory: string;
  readonly workspace: Workspace;
  readonly digestMemo: DigestMemo;
  readonly plansCopies: boolean;
}

function resultOf(run: CommandEnded & { readonly frozen: FrozenStep }, parts: ResultParts): EndedTrace {
  const { root, directory, workspace, digestMemo } = parts;
  const pushed = openDirectoryWorkspace({ root, digestMemo });
  const observations = markIgnored(run.frozen.newObservations, workspace, pushed);
  const folder = parseWorkspacePath(toPathBytes(directory.slice(root.length + 1))) ?? ('' as WorkspacePath);
  return {
    outcome: 'ended',
    exitCode: run.exitCode,
    signal: signalName(run.signalNumber),
    durationMs: run.durationMs,
    root,
    folder,
    observations,
    written: run.written,
    removed: run.removed,
    leftBehind: run.leftBehind,
    changedDuringRun: run.frozen.changedDuringRun,
    trouble: run.frozen.trouble,
    copies: parts.plansCopies ? planCopies({ observations, folder, workspace, pushed }) : null,
  };
}

function markIgnored(observed: ReadSet, workspace: Workspace, pushed: Workspace): readonly TracedObservation[] {
  return observed.map((observation) => {
    const { path, kind } = observation;
    const ignored = kind !== 'absent' && pushed.entry(path) === null && workspace.entry(path) !== null;
    return { ...observation, ignored };
  });
}

function signalName(number: number | null): NodeJS.Signals | null {
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  return names.find(([, value]) => value === number)?.[0] ?? null;
}
