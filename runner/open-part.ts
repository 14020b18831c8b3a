import { type DigestMemo, type LookMemory, openDirectoryWorkspace } from '../fs-tracer/index.ts';
import type { SnapshotStore } from '../snapshots/index.ts';
import { qemuMachines } from '../vm/index.ts';
import type { BuildContext } from './build-context.ts';
import type { EmitEvent } from './build-event.ts';
import { type CutSteps, cutAtSkip } from './cut-at-skip.ts';
import type { Part } from './graph/part.ts';
import { copyVariablesOf, type SplitCopy } from './graph/split-copy.ts';
import type { OpenRevision } from './revision/open-revision.ts';
import { type GivenVariables, NO_VARIABLES, RunEnvironment } from './run-environment.ts';
import type { RunOptions } from './run-options.ts';
import { EventMask } from './secrets/event-mask.ts';
import { RunSecrets } from './secrets/run-secrets.ts';
import { StepReport } from './step-report.ts';
import { StepValues } from './step-values.ts';

/** What all parts of a run use. */
export interface Shared {
  readonly store: SnapshotStore;
  readonly digestMemo: DigestMemo;
  readonly revision: OpenRevision | null;
  /** Null where a commit is built: its files do not change. */
  readonly memory: LookMemory | null;
  /** By workspace root. */
  readonly environments: Map<string, RunEnvironment>;
}

/** A part of a run, ready to be decided and built. */
export interface OpenPart {
  readonly part: Part;
  /** Without the steps that a SKIP REMAINING IF is known to skip. */
  readonly cut: CutSteps;
  readonly context: BuildContext;
  readonly report: StepReport;
}

const NOTHING_GIVEN: GivenVariables = { env: NO_VARIABLES, buildEnv: NO_VARIABLES };

/** Throws `SECRET_MISSING` where a secret that is needed has no value. */
export function openPart(part: Part, options: RunOptions, shared: Shared): OpenPart {
  const { store, digestMemo } = shared;
  const revision = shared.revision?.revision;
  const { workspaceRoot, path } = part.source;
  const memory = shared.memory?.root === workspaceRoot ? shared.memory : undefined;
  const environment = environmentOf(workspaceRoot, options, shared);
  const secrets = new RunSecrets(options, (name) => environment.givenSecret(name));
  const copyVariables = part.copy === null ? new Map<string, string>() : new Map(copyVariablesOf(part.copy));
  const values = new StepValues({ lineage: part.lineage, environment, secrets, copyVariables });
  const cut = cutAtSkip(part.steps, values);
  values.requireSecrets(cut.steps);
  const mask = new EventMask(part.copy === null ? options.emit : ofCopy(part.copy, options.emit), secrets);
  const context: BuildContext = {
    ...options,
    emit: mask.emit,
    mask,
    values,
    workspaceRoot,
    layerfile: path,
    ...(part.copy === null ? {} : { copy: part.copy }),
    isParent: part.isParent,
    depth: part.lineage.length - 1,
    ...(revision === undefined ? {} : { revision }),
    workspace: shared.revision?.workspace ?? openDirectoryWorkspace({ root: workspaceRoot, digestMemo, memory }),
    memory,
    clones: new Map(),
    store,
    digestMemo,
    machines: options.machines ?? qemuMachines,
    startedAtMs: Date.now(),
  };
  return { part, cut, context, report: new StepReport(context, part.steps) };
}

/** One for each workspace: what git says is asked for once. */
function environmentOf(workspaceRoot: string, { given }: RunOptions, shared: Shared): RunEnvironment {
  const known = shared.environments.get(workspaceRoot);
  const environment = known ?? new RunEnvironment(given ?? NOTHING_GIVEN, workspaceRoot, shared.revision?.revision);
  shared.environments.set(workspaceRoot, environment);
  return environment;
}

function ofCopy({ index }: SplitCopy, emit: EmitEvent): EmitEvent {
  return (event) => emit(event.event === 'result' || event.event === 'up' ? event : { ...event, copy: index });
}
