import { join, resolve } from 'node:path';

import {
  type DigestMemo,
  LookMemory,
  openDirectoryWorkspace,
  openSqliteDigestMemo,
  parseLookAhead,
} from '../fs-tracer/index.ts';
import type { Layerfile } from '../grammar/index.ts';
import { openSnapshotStore, type SnapshotStore } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { makePrivateFolder } from '../util/layer-home.ts';
import { quickHash } from '../util/quick-hash.ts';
import { findWorkspaceRoot } from '../util/workspace-root.ts';
import { type Accelerator, type MachineFactory, qemuMachines } from '../vm/index.ts';
import { monotonicMs } from '../util/monotonic.ts';
import { type AskPerson, type BuildContext, warn } from './build-context.ts';
import type { BuildResult, EmitEvent } from './build-event.ts';
import { isExposure } from './expose/exposure.ts';
import type { KeptMachine } from './kept-machine.ts';
import { defaultName, findLayerfiles, type LayerfileSource, parseCached, requireValid } from './layerfile-source.ts';
import { type Forcing, planSteps } from './plan.ts';
import type { Explanation } from './plan-details.ts';
import { type StepCounts, StepReport } from './step-report.ts';
import type { OpenRevision } from './revision/open-revision.ts';
import { type GivenVariables, NO_VARIABLES, RunEnvironment } from './run-environment.ts';
import { endedByRestoring } from './restored-steps.ts';
import { searchRemembering } from './search-memory.ts';
import { EventMask } from './secrets/event-mask.ts';
import { RunSecrets } from './secrets/run-secrets.ts';
import { type CutSteps, cutAtSkip, reportSkip } from './cut-at-skip.ts';
import { type Step, stepsOf } from './step.ts';
import { StepValues } from './step-values.ts';
import { isTimeout, TimeLimit } from './time-limit.ts';
import { withClones } from './with-clones.ts';

export interface RunOptions extends Forcing {
  /** Layerfiles, or folders searched for them; resolved against `directory`. */
  readonly paths: readonly string[];
  /** Absolute. */
  readonly directory: string;
  /** Builds this commit of the repository that `directory` is in (git's gitrevisions(7)), and not the files on disk. */
  readonly rev?: string;
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  readonly accelerator: 'auto' | Accelerator;
  /** None by default. */
  readonly given?: GivenVariables;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  /** After a build that succeeds: keep the machines with EXPOSE running, and serve what they expose, until `signal` is aborted. */
  readonly up?: boolean;
  /** Only of a plan: how much it says of each step besides its outcome. */
  readonly explain?: Explanation;
  /** Asks whoever is there to answer a BUTTON. */
  readonly askPerson?: AskPerson;
  /** What ./layer looked at before this process started. */
  readonly lookAhead?: string | undefined;
  /** For tests: how long EXPOSE waits. */
  readonly exposeLimitMs?: number;
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

/**
 * What one Layerfile's build does with its context, to the machine that it leaves running if any; the report has sent an
 * event for every step it ended.
 */
type Task = (job: Runnable, context: BuildContext, report: StepReport) => Promise<KeptMachine | null>;

/**
 * Builds the named Layerfiles, one after the other. A failed step is a result, not an error. Throws
 * {@link LayerfileInvalid} before anything runs, and `LayerError` where the environment cannot do it.
 */
export async function runLayerfiles(options: RunOptions): Promise<BuildResult> {
  return overLayerfiles(options, async ({ layerfile, steps }, context, report) => {
    const keep = options.up === true && steps.some(isExposure);
    const plan = await planSteps(context, steps, options);
    if (!keep && endedByRestoring(plan, context, report)) return null;
    // Half of all code is there to run steps, and a run of which nothing changed needs none of it.
    const { Build } = await import('./build.ts');
    return new Build(context, layerfile, steps, options, report).run(plan, keep);
  });
}

/** Says what {@link runLayerfiles} would restore and run, and why. Starts no machine. */
export async function planLayerfiles(options: RunOptions): Promise<BuildResult> {
  const { explain } = options;
  const details = explain === undefined ? null : await import('./plan-details.ts');
  return overLayerfiles(options, async ({ steps }, context, report) => {
    const plan = await planSteps(context, steps, options);
    for (const [index, step] of steps.entries()) {
      const id = plan.hit?.lineage[index] ?? null;
      const more = explain === undefined ? {} : details?.detailsOf(context, plan, step, explain);
      if (index < plan.restoredSteps) report.restored(step, id, id === null ? null : context.store.get(id), more);
      else report.wouldRun(step, plan.misses[index - plan.restoredSteps] ?? { reason: 'new' }, more);
    }
    return null;
  });
}

async function overLayerfiles(options: RunOptions, task: Task): Promise<BuildResult> {
  const started = monotonicMs();
  makePrivateFolder(options.home);
  using digestMemo = openSqliteDigestMemo(join(options.home, 'digests.sqlite'));
  using revision = await openRevision(options, digestMemo);
  using memory = revision === null ? openMemory(options) : null;
  let jobs: readonly Job[] = [];
  // Before the Layerfiles are searched for: that waits for ./layer's look at all files (LookMemory), which another processor is at.
  using store = openSnapshotStore({
    home: options.home,
    digestMemo,
    onWarning: (text) => options.emit({ event: 'warning', layerfile: jobs[0]?.layerfile.path ?? '', text }),
  });
  jobs = await readJobs(options, revision, memory);
  if (options.up === true) requireExposure(jobs);
  using limit = new TimeLimit(options.signal, options.timeoutMs);
  const { signal } = limit;
  const builds = jobs.map((job) => openBuild(job, { ...options, signal }, { store, digestMemo, revision, memory }));
  // All of them first: a screen then knows from the start how many there are.
  for (const { layerfile, steps } of jobs)
    options.emit({ event: 'build', layerfile: layerfile.path, name: nameOf(layerfile), steps: steps.length });
  await using machines = new AsyncDisposableStack();
  const kept: KeptMachine[] = [];
  let result: BuildResult;
  try {
    for (const build of builds) {
      const { job, context, report } = build;
      const machine = await attempt(build, async () => {
        const left = await withClones(context, job.layerfile, digestMemo, (full) => task(job, full, report));
        reportSkip(report, job);
        const submodules = revision?.submoduleWarning() ?? null;
        if (submodules !== null) warn(context, submodules);
        return left;
      });
      if (machine !== null) kept.push(machines.use(machine));
      if (!build.report.succeeded || signal.aborted) break;
    }
  } finally {
    for (const { report, context } of builds) {
      endRest(report, signal);
      context.mask.end();
    }
    result = resultOf(signal, builds, monotonicMs() - started);
    options.emit(result);
  }
  limit[Symbol.dispose]();
  if (options.up === true && result.outcome === 'succeeded') {
    const { stayUp } = await import('./expose/stay-up.ts');
    await stayUp(kept, options);
  }
  return result;
}

function requireExposure(jobs: readonly Job[]): void {
  if (jobs.some(({ steps }) => steps.some(isExposure))) return;
  const what = jobs.length === 1 ? `${jobs[0]?.layerfile.path ?? ''} has no EXPOSE` : 'No Layerfile here has EXPOSE';
  throw new LayerError('USAGE', `${what}, so --up has nothing to keep running`, {
    hint: 'Add a line like `EXPOSE WEBSITE localhost:8080`, or run without --up.',
  });
}

/** One build of a run, ready to begin. */
interface OpenBuild {
  readonly job: Runnable;
  readonly context: BuildContext;
  readonly report: StepReport;
}

/** What all builds of a run use. */
interface Shared {
  readonly store: SnapshotStore;
  readonly digestMemo: DigestMemo;
  readonly revision: OpenRevision | null;
  /** Null where a commit is built: its files do not change. */
  readonly memory: LookMemory | null;
}

const NOTHING_GIVEN: GivenVariables = { env: NO_VARIABLES, buildEnv: NO_VARIABLES };

/** Throws `SECRET_MISSING` where a secret that is needed has no value. */
function openBuild(job: Job, options: RunOptions, shared: Shared): OpenBuild {
  const { store, digestMemo } = shared;
  const revision = shared.revision?.revision;
  const { workspaceRoot, path } = job.source;
  const memory = shared.memory?.root === workspaceRoot ? shared.memory : undefined;
  const environment = new RunEnvironment(options.given ?? NOTHING_GIVEN, workspaceRoot, revision);
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
    ...(revision === undefined ? {} : { revision }),
    workspace: shared.revision?.workspace ?? openDirectoryWorkspace({ root: workspaceRoot, digestMemo, memory }),
    memory,
    clones: new Map(),
    store,
    digestMemo,
    machines: options.machines ?? qemuMachines,
    startedAtMs: Date.now(),
  };
  return { job: { ...job, ...cut }, context, report: new StepReport(context, job.steps) };
}

/** A cancellation or a time-out ends the run; only other errors go further up. */
async function attempt<T>({ context, report }: OpenBuild, work: () => Promise<T | null>): Promise<T | null> {
  try {
    const outcome = await work();
    report.endRest('failed', 'skipped');
    return outcome;
  } catch (error) {
    if (!context.signal.aborted) throw context.mask.error(error);
    if (isTimeout(context.signal)) warn(context, 'the time limit passed');
    endRest(report, context.signal);
    return null;
  }
}

/** Every step that has not ended ends now, in the way the run did. */
function endRest(report: StepReport, signal: AbortSignal): void {
  if (signal.aborted && !isTimeout(signal)) report.endRest('cancelled', 'cancelled');
  else report.endRest('failed', 'skipped');
}

/** What the last run with the same paths looked at: looked at again right now, all at once. */
function openMemory({ home, paths, directory, lookAhead }: RunOptions): LookMemory {
  const wanted = paths.map((path) => resolve(directory, path));
  return new LookMemory({
    folder: join(home, 'looks'),
    name: `${quickHash(JSON.stringify(wanted))}.look`,
    root: findWorkspaceRoot(directory),
    ahead: parseLookAhead(lookAhead),
  });
}

/** Null where the files on disk are built; what a commit needs is loaded only for one. */
async function openRevision(
  { rev: name, directory, home }: RunOptions,
  digestMemo: DigestMemo,
): Promise<OpenRevision | null> {
  if (name === undefined) return null;
  const revisions = await import('./revision/open-revision.ts');
  return revisions.openRevision({ name, directory, home, digestMemo });
}

async function readJobs(
  { paths, directory, home }: RunOptions,
  revision: OpenRevision | null,
  memory: LookMemory | null,
): Promise<Job[]> {
  const jobs: Job[] = [];
  const search = memory === null ? undefined : searchRemembering(memory);
  for (const source of revision?.findLayerfiles(paths, directory) ?? findLayerfiles(paths, directory, search)) {
    const result = await parseCached(source, home);
    const layerfile = requireValid(source, result);
    jobs.push({ source, layerfile, steps: stepsOf(layerfile) });
  }
  return jobs;
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
    waiting: sum('waiting'),
    durationMs: Math.round(durationMs),
    savedMs: Math.round(sum('savedMs')),
  };
}
