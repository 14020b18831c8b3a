import { join } from 'node:path';

import { type DigestMemo, openDirectoryWorkspace, openSqliteDigestMemo } from '../fs-tracer/index.ts';
import type { Layerfile } from '../grammar/index.ts';
import { openSnapshotStore, type SnapshotStore } from '../snapshots/index.ts';
import { makePrivateFolder } from '../util/layer-home.ts';
import { type Accelerator, type MachineFactory, qemuMachines } from '../vm/index.ts';
import { Build } from './build.ts';
import { type BuildContext, warn } from './build-context.ts';
import type { BuildResult, EmitEvent } from './build-event.ts';
import { defaultName, findLayerfiles, type LayerfileSource, parseCached, requireValid } from './layerfile-source.ts';
import { type Forcing, planSteps } from './plan.ts';
import { type StepCounts, StepReport } from './step-report.ts';
import { type GivenVariables, NO_VARIABLES, RunEnvironment } from './run-environment.ts';
import { EventMask } from './secrets/event-mask.ts';
import { RunSecrets } from './secrets/run-secrets.ts';
import { type CutSteps, cutAtSkip, reportSkip } from './cut-at-skip.ts';
import { type Step, stepsOf } from './step.ts';
import { StepValues } from './step-values.ts';
import { withClones } from './with-clones.ts';

export interface RunOptions extends Forcing {
  /** Layerfiles, or folders searched for them; resolved against `directory`. */
  readonly paths: readonly string[];
  /** Absolute. */
  readonly directory: string;
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  readonly accelerator: 'auto' | Accelerator;
  /** None by default. */
  readonly given?: GivenVariables;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  /** For tests; real QEMU machines by default. */
  readonly machines?: MachineFactory;
}

interface Job {
  readonly source: LayerfileSource;
  readonly layerfile: Layerfile;
  readonly steps: readonly Step[];
}

/** A job without the steps that a SKIP REMAINING IF is known to skip. */
type Runnable = Job & CutSteps;

/** What one Layerfile's build does with its context; the report has sent an event for every step it ended. */
type Task = (job: Runnable, context: BuildContext, report: StepReport) => Promise<void>;

/**
 * Builds the named Layerfiles, one after the other. A failed step is a result, not an error. Throws
 * {@link LayerfileInvalid} before anything runs, and `LayerError` where the environment cannot do it.
 */
export async function runLayerfiles(options: RunOptions): Promise<BuildResult> {
  return overLayerfiles(options, async ({ layerfile, steps }, context, report) => {
    await new Build(context, layerfile, steps, options, report).run();
  });
}

/** Says what {@link runLayerfiles} would restore and run, and why. Starts no machine. */
export async function planLayerfiles(options: RunOptions): Promise<BuildResult> {
  return overLayerfiles(options, async ({ steps }, context, report) => {
    const plan = await planSteps(context, steps, options);
    for (const [index, step] of steps.entries()) {
      const id = plan.hit?.lineage[index] ?? null;
      if (index < plan.restoredSteps) report.restored(step, id, id === null ? null : context.store.get(id));
      else report.wouldRun(step, plan.misses[index - plan.restoredSteps] ?? { reason: 'new' });
    }
  });
}

async function overLayerfiles(options: RunOptions, task: Task): Promise<BuildResult> {
  const started = performance.now();
  makePrivateFolder(options.home);
  const jobs = await readJobs(options);
  using store = openSnapshotStore({
    home: options.home,
    onWarning: (text) => options.emit({ event: 'warning', layerfile: jobs[0]?.layerfile.path ?? '', text }),
  });
  using digestMemo = openSqliteDigestMemo(join(options.home, 'digests.sqlite'));
  const signal = signalOf(options);
  const builds = jobs.map((job) => openBuild(job, { ...options, signal }, store, digestMemo));
  // All of them first: a screen then knows from the start how many there are.
  for (const { layerfile, steps } of jobs)
    options.emit({ event: 'build', layerfile: layerfile.path, name: nameOf(layerfile), steps: steps.length });
  try {
    for (const build of builds) {
      const { job, context, report } = build;
      await attempt(build, async () => {
        await withClones(context, job.layerfile, digestMemo, (full) => task(job, full, report));
        reportSkip(report, job);
      });
      if (!build.report.succeeded || signal.aborted) break;
    }
  } finally {
    for (const { report, context } of builds) {
      endRest(report, signal);
      context.mask.end();
    }
    options.emit(resultOf(signal, builds, performance.now() - started));
  }
  return resultOf(signal, builds, performance.now() - started);
}

interface OpenBuild {
  readonly job: Runnable;
  readonly context: BuildContext;
  readonly report: StepReport;
}

/** Throws `SECRET_MISSING` where a secret that is needed has no value. */
function openBuild(job: Job, options: RunOptions, store: SnapshotStore, digestMemo: DigestMemo): OpenBuild {
  const { workspaceRoot, path } = job.source;
  const environment = new RunEnvironment(options.given ?? { env: NO_VARIABLES, buildEnv: NO_VARIABLES }, workspaceRoot);
  const secrets = new RunSecrets(options.home, (name) => environment.givenSecret(name));
  const values = new StepValues(job.layerfile, environment, secrets);
  const cut = cutAtSkip(job.steps, values);
  values.requireSecrets(cut.steps);
  const mask = new EventMask(options.emit, secrets);
  const context: BuildContext = {
    ...options,
    emit: mask.emit,
    mask,
    values,
    workspaceRoot,
    layerfile: path,
    workspace: openDirectoryWorkspace({ root: workspaceRoot, digestMemo }),
    clones: new Map(),
    store,
    machines: options.machines ?? qemuMachines,
    startedAtMs: Date.now(),
  };
  return { job: { ...job, ...cut }, context, report: new StepReport(context, job.steps) };
}

/** A cancellation or a time-out ends the run; only other errors go further up. */
async function attempt({ context, report }: OpenBuild, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    report.endRest('failed', 'skipped');
  } catch (error) {
    if (!context.signal.aborted) throw context.mask.error(error);
    if (isTimeout(context.signal)) warn(context, 'the time limit passed');
    endRest(report, context.signal);
  }
}

/** Every step that has not ended ends now, in the way the run did. */
function endRest(report: StepReport, signal: AbortSignal): void {
  if (signal.aborted && !isTimeout(signal)) report.endRest('cancelled', 'cancelled');
  else report.endRest('failed', 'skipped');
}

function isTimeout({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

async function readJobs(options: RunOptions): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const source of findLayerfiles(options.paths, options.directory)) {
    const result = await parseCached(source, options.home);
    const layerfile = requireValid(source, result);
    jobs.push({ source, layerfile, steps: stepsOf(layerfile) });
  }
  return jobs;
}

function signalOf({ signal, timeoutMs }: RunOptions): AbortSignal {
  return timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function nameOf(layerfile: Layerfile): string {
  const labels = layerfile.instructions.flatMap((instruction) =>
    instruction.kind === 'LABEL' ? instruction.labels : [],
  );
  return labels.find(({ key }) => key === 'display_name')?.value ?? defaultName(layerfile.path);
}

function resultOf(signal: AbortSignal, builds: readonly OpenBuild[], durationMs: number): BuildResult {
  const sum = (key: keyof StepCounts): number => builds.reduce((total, { report }) => total + report.counts[key], 0);
  const cancelled = signal.aborted && !isTimeout(signal);
  const unfinished = builds.some(({ report }) => !report.succeeded);
  return {
    event: 'result',
    outcome: cancelled ? 'cancelled' : unfinished ? 'failed' : 'succeeded',
    restored: sum('restored'),
    ran: sum('ran'),
    failed: sum('failed'),
    durationMs: Math.round(durationMs),
    savedMs: Math.round(sum('savedMs')),
  };
}
