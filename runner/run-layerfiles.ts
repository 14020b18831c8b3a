import { join, resolve } from 'node:path';

import { type DigestMemo, LookMemory, openSqliteDigestMemo, parseLookAhead } from '../fs-tracer/index.ts';
import { openSnapshotStore } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { makePrivateFolder } from '../util/layer-home.ts';
import { monotonicMs } from '../util/monotonic.ts';
import { quickHash } from '../util/quick-hash.ts';
import { findWorkspaceRoot } from '../util/workspace-root.ts';
import { warn } from './build-context.ts';
import type { BuildResult, EmitEvent } from './build-event.ts';
import { decidePart } from './decide-part.ts';
import { endRest, guarded } from './end-part.ts';
import { isExposure } from './expose/exposure.ts';
import { graphFacts, partsOf, type SourcedNode } from './graph/part.ts';
import { readGraph } from './graph/read-graph.ts';
import type { KeptMachine } from './kept-machine.ts';
import { findLayerfiles, readLayerfile } from './layerfile-source.ts';
import { Looks } from './looks.ts';
import { DEFAULT_MEMORY_MIB, memoryOf } from './machine-memory.ts';
import type { OpenRun } from './open-run.ts';
import type { RunOptions } from './run-options.ts';
import { type OpenPart, openPart } from './open-part.ts';
import type { OpenRevision } from './revision/open-revision.ts';
import type { RunEnvironment } from './run-environment.ts';
import { searchRemembering } from './search-memory.ts';
import { stepsOf } from './step.ts';
import type { StepCounts } from './step-report.ts';
import { isTimeout, TimeLimit } from './time-limit.ts';
import { withClones } from './with-clones.ts';

/**
 * Builds the named Layerfiles and those they need, as a graph. A failed step is a result, not an error. Throws
 * {@link LayerfileInvalid} before anything runs, and `LayerError` where the environment cannot do it.
 */
export async function runLayerfiles(options: RunOptions): Promise<BuildResult> {
  return overParts(options, async (run) => {
    for (const open of run.parts) {
      const outcome = await guarded(open, () => decidePart(open, run));
      if (outcome !== null) run.outcomes.set(open.part, outcome);
    }
    run.looks.save();
    const undecided = run.parts.filter(({ part }) => !run.outcomes.has(part));
    if (undecided.length === 0) return tellRepeatable(run);
    // Half of all code is there to run steps, and a run of which nothing changed needs none of it.
    const { runParts } = await import('./graph/run-parts.ts');
    return runParts(run, undecided);
  });
}

/** Says what {@link runLayerfiles} would restore and run, and why. Starts no machine. */
export async function planLayerfiles({ since, ...options }: RunOptions): Promise<BuildResult> {
  if (since !== undefined) {
    const { planSince } = await import('./plan-since.ts');
    return planSince(since, options, planLayerfiles);
  }
  const { planPart } = await import('./plan-part.ts');
  return overParts(options, async (run) => {
    for (const open of run.parts) {
      const outcome = await guarded(open, () => planPart(open, run));
      run.outcomes.set(open.part, outcome ?? { kind: 'failed' });
    }
    run.looks.save();
    return tellRepeatable(run);
  });
}

async function overParts(
  given: RunOptions,
  work: (run: OpenRun) => Promise<readonly KeptMachine[]>,
): Promise<BuildResult> {
  const started = monotonicMs();
  makePrivateFolder(given.home);
  using digestMemo = openSqliteDigestMemo(join(given.home, 'digests.sqlite'));
  using revision = await openRevision(given, digestMemo);
  using memory = revision === null ? openMemory(given) : null;
  let nodes: readonly SourcedNode[] = [];
  // Before the Layerfiles are searched for: that waits for ./layer's look at all files (LookMemory), which another processor is at.
  using store = openSnapshotStore({
    home: given.home,
    digestMemo,
    onWarning: (text) => given.emit({ event: 'warning', layerfile: nodes[0]?.layerfile.path ?? '', text }),
  });
  nodes = await readNodes(given, revision, memory);
  if (given.up === true) requireExposure(nodes);
  requireRoom(nodes, given);
  using limit = new TimeLimit(given.signal, given.timeoutMs);
  const told = untilResult(given.emit);
  const options = { ...given, signal: limit.signal, emit: told };
  using held = new DisposableStack();
  const shared = { store, digestMemo, revision, memory, environments: new Map<string, RunEnvironment>() };
  const parts = partsOf(nodes).map((part) => openPart(part, options, shared));
  // All of them first: a screen then knows from the start how many there are.
  for (const node of nodes)
    options.emit({
      event: 'build',
      layerfile: node.layerfile.path,
      name: node.name,
      steps: node.layerfile.instructions.length,
      ...graphFacts(node),
    });
  await using machines = new AsyncDisposableStack();
  let kept: readonly KeptMachine[] = [];
  let result: BuildResult;
  try {
    const whole = await openClones(parts, digestMemo, held);
    if (whole !== null)
      kept = await work({ options, parts: whole, outcomes: new Map(), plans: new Map(), looks: new Looks(memory) });
    for (const machine of kept) machines.use(machine);
    warnOfSubmodules(revision, parts);
  } finally {
    for (const { report, context } of parts) {
      endRest(report, options.signal);
      context.mask.end();
    }
    result = resultOf(options.signal, parts, monotonicMs() - started);
    options.emit(result);
  }
  limit[Symbol.dispose]();
  if (options.up === true && result.outcome === 'succeeded') {
    const { stayUp } = await import('./expose/stay-up.ts');
    await stayUp(kept, given);
  }
  return result;
}

function tellRepeatable({ looks, options: { given, onRepeatable } }: OpenRun): readonly KeptMachine[] {
  // Given variables may come from anywhere.
  if (given !== undefined && given.env.size + given.buildEnv.size > 0) return [];
  const place = looks.replayPlace();
  if (place !== null) onRepeatable?.(place);
  return [];
}

/** Machines that stay up after the result end without a word: a result comes last, but for what --up adds. */
function untilResult(emit: EmitEvent): EmitEvent {
  let isOver = false;
  return (event) => {
    if (!isOver || event.event !== 'machine') emit(event);
    isOver ||= event.event === 'result';
  };
}

/** The parts with what they clone; null where the run is cancelled meanwhile. */
async function openClones(
  parts: readonly OpenPart[],
  digestMemo: DigestMemo,
  held: DisposableStack,
): Promise<readonly OpenPart[] | null> {
  const whole: OpenPart[] = [];
  for (const open of parts) {
    const context = await guarded(open, () => withClones(open.context, open.part.lineage, digestMemo, held));
    if (context === null) return null;
    whole.push({ ...open, context });
  }
  return whole;
}

function requireExposure(nodes: readonly SourcedNode[]): void {
  if (nodes.some(({ layerfile }) => stepsOf(layerfile).some(isExposure))) return;
  const what = nodes.length === 1 ? `${nodes[0]?.layerfile.path ?? ''} has no EXPOSE` : 'No Layerfile here has EXPOSE';
  throw new LayerError('USAGE', `${what}, so --up has nothing to keep running`, {
    hint: 'Add a line like `EXPOSE WEBSITE localhost:8080`, or run without --up.',
  });
}

/** Throws `USAGE` where a machine is larger than what was given for all of them. */
function requireRoom(nodes: readonly SourcedNode[], { memoryMib }: RunOptions): void {
  for (const { layerfile, edges } of nodes) {
    const wanted = memoryOf(stepsOf(layerfile)) ?? DEFAULT_MEMORY_MIB;
    const hasParent = edges.some(({ kind }) => kind === 'FROM');
    if (memoryMib === undefined || hasParent || wanted <= memoryMib) continue;
    const what = `${layerfile.path} needs ${wanted} MiB of memory, and --memory gives ${memoryMib}`;
    throw new LayerError('USAGE', what, { hint: 'Give more with --memory, or ask for less with MEMORY.' });
  }
}

function warnOfSubmodules(revision: OpenRevision | null, [first]: readonly OpenPart[]): void {
  const text = revision?.submoduleWarning() ?? null;
  if (text !== null && first !== undefined) warn(first.context, text);
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

async function readNodes(
  { paths, directory, home }: RunOptions,
  revision: OpenRevision | null,
  memory: LookMemory | null,
): Promise<readonly SourcedNode[]> {
  const search = memory === null ? undefined : searchRemembering(memory);
  const asked = revision?.findLayerfiles(paths, directory) ?? findLayerfiles(paths, directory, search);
  const read = revision === null ? readLayerfile : (_root: string, path: string) => revision.layerfileAt(path);
  return readGraph(asked, read, home);
}

function resultOf(signal: AbortSignal, parts: readonly OpenPart[], durationMs: number): BuildResult {
  const sum = (key: keyof StepCounts): number => parts.reduce((total, { report }) => total + report.counts[key], 0);
  const cancelled = signal.aborted && !isTimeout(signal);
  const unfinished = parts.some(({ report }) => !report.succeeded);
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
