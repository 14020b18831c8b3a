import { join } from 'node:path';

import { openDirectoryWorkspace, openSqliteDigestMemo } from '../fs-tracer/index.ts';
import type { Layerfile } from '../grammar/index.ts';
import { openSnapshotStore } from '../snapshots/index.ts';
import { makePrivateFolder } from '../util/layer-home.ts';
import { type Accelerator, type MachineFactory, qemuMachines } from '../vm/index.ts';
import { Build } from './build.ts';
import { BuildContext } from './build-context.ts';
import type { BuildResult, EmitEvent } from './build-event.ts';
import { defaultName, findLayerfiles, type LayerfileSource, parseCached, requireValid } from './layerfile-source.ts';
import { type Forcing, planSteps } from './plan.ts';
import { StepReport } from './step-report.ts';
import { type Step, stepsOf } from './step.ts';

export interface RunOptions extends Forcing {
  /** Layerfiles, or folders searched for them; resolved against `directory`. */
  readonly paths: readonly string[];
  /** Absolute. */
  readonly directory: string;
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  readonly accelerator: 'auto' | Accelerator;
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

/** What one Layerfile's build does with its context; the report has sent an event for every step it ended. */
type Task = (job: Job, context: BuildContext, report: StepReport) => Promise<void>;

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
  const reports: StepReport[] = [];
  for (const job of jobs) {
    const { workspaceRoot, path } = job.source;
    const context = new BuildContext({
      ...options,
      workspaceRoot,
      layerfile: path,
      workspace: openDirectoryWorkspace({ root: workspaceRoot, digestMemo }),
      store,
      machines: options.machines ?? qemuMachines,
      startedAtMs: Date.now(),
      signal: signalOf(options),
    });
    const report = new StepReport(context, job.steps);
    reports.push(report);
    options.emit({ event: 'build', layerfile: path, name: nameOf(job.layerfile), steps: job.steps.length });
    await attempt(context, report, () => task(job, context, report));
  }
  return resultOf(options, reports, performance.now() - started);
}

/** Ends every step's story, whatever happens. Only what is neither a cancellation nor a time-out goes further up. */
async function attempt(context: BuildContext, report: StepReport, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    report.endRest('failed', 'skipped');
  } catch (error) {
    const timedOut = (context.signal.reason as { name?: string } | undefined)?.name === 'TimeoutError';
    if (timedOut) context.warn('the time limit passed');
    report.endRest(
      context.signal.aborted && !timedOut ? 'cancelled' : 'failed',
      context.signal.aborted && !timedOut ? 'cancelled' : 'skipped',
    );
    if (!context.signal.aborted) throw error;
  }
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

function resultOf(options: RunOptions, reports: readonly StepReport[], durationMs: number): BuildResult {
  const sum = (count: (report: StepReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const failed = sum(({ counts }) => counts.failed);
  const outcome = options.signal.aborted ? 'cancelled' : failed > 0 ? 'failed' : 'succeeded';
  const result: BuildResult = {
    event: 'result',
    outcome,
    restored: sum(({ counts }) => counts.restored),
    ran: sum(({ counts }) => counts.ran),
    failed,
    durationMs: Math.round(durationMs),
    savedMs: Math.round(sum(({ counts }) => counts.savedMs)),
  };
  options.emit(result);
  return result;
}
