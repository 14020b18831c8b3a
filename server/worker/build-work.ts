import { type BuildEvent, type BuildResult, runLayerfiles, type RunOptions } from '../../runner/index.ts';
import type { ButtonPlace } from '../jobs/job.ts';
import { type RunEnd, writeRunEnd } from '../jobs/run-end.ts';
import { BuildOutcome } from './build-outcome.ts';
import type { BuildWork, WorkEnd, WorkPlace } from './messages.ts';
import { OutputBudget } from './output-budget.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import { workEndOf } from './work-end.ts';
import type { WorkerLink } from './worker-link.ts';

/** Of all steps of one run together: more, nobody reads, and a step in a loop would fill the server's disk. */
const MOST_OUTPUT_CHARACTERS = 64 * 2 ** 20;

/** What a build has of its server. */
type BuildLink = Pick<WorkerLink, 'signal' | 'slots' | 'send'>;

/** Builds the Layerfiles of a commit, as `layer run --keep-going` does, and tells what happens. */
export async function runBuild(
  place: WorkPlace,
  work: BuildWork,
  link: BuildLink,
  { openRecorder, ...surroundings }: WorkerSurroundings,
): Promise<WorkEnd> {
  const recorder = work.record === null ? null : await openRecorder(work.record, place.home);
  const budget = new OutputBudget(MOST_OUTPUT_CHARACTERS);
  const outcome = new BuildOutcome();
  const emit = (event: BuildEvent): void => {
    for (const kept of budget.keep(event)) {
      outcome.event(kept);
      recorder?.event(kept);
      void link.send({ type: 'event', event: kept });
    }
  };
  let end: WorkEnd;
  try {
    end = endOf(await runLayerfiles({ ...runOptions(place, work, link), ...surroundings, emit }), link.signal);
  } catch (error) {
    end = forServer(workEndOf(error, link.signal), place);
  }
  // A report that cannot be written is no reason for a job to have failed: the server sees that there is none.
  recorder?.end(troubleOf(end));
  // What was cancelled has not ended by itself: the server knows what is to come of it.
  if (work.record !== null && end.kind !== 'cancelled') leaveEnd(work.record, { end, ...outcome.facts() });
  return end;
}

/** Where the disk is full the server goes by what it is told. */
function leaveEnd(record: string, end: RunEnd): void {
  try {
    writeRunEnd(`${record}.end`, end);
  } catch {
    // It says so elsewhere.
  }
}

function runOptions(place: WorkPlace, work: BuildWork, link: BuildLink): Omit<RunOptions, 'accelerator' | 'emit'> {
  const pressed = new Set(work.pressed.map(buttonKey));
  return {
    paths: work.paths.length === 0 ? ['.'] : work.paths,
    directory: place.repository,
    rev: place.commit,
    home: place.home,
    secretsHome: place.secretsHome,
    noCache: false,
    force: [],
    keepGoing: true,
    given: { env: new Map(), buildEnv: new Map(Object.entries(work.facts)) },
    slots: link.slots,
    isPressed: (button: ButtonPlace) => pressed.has(buttonKey(button)),
    signal: link.signal,
  };
}

function buttonKey({ layerfile, copy, step }: ButtonPlace): string {
  return `${step} ${copy ?? ''} ${layerfile}`;
}

function endOf({ outcome }: BuildResult, signal: AbortSignal): WorkEnd {
  if (outcome === 'cancelled' && signal.aborted) return { kind: 'cancelled' };
  return { kind: 'done', exitCode: outcome === 'succeeded' ? 0 : 1 };
}

/** Hints for who sits at a desk are none here. */
function forServer(end: WorkEnd, { secretsHome }: WorkPlace): WorkEnd {
  if (end.kind !== 'refused' || end.code !== 'SECRET_MISSING') return end;
  const hint =
    secretsHome === null
      ? 'Jobs of forks get no secrets unless the repository is set to give them some.'
      : 'Set it among the secrets of the repository.';
  return { ...end, hint };
}

/** As the report shows it. */
function troubleOf(end: WorkEnd): string | null {
  return end.kind === 'refused' || end.kind === 'broken' ? end.message : null;
}
