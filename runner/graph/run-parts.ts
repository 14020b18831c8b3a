import { availableParallelism } from 'node:os';

import { Build } from '../build.ts';
import { warn } from '../build-context.ts';
import { reportSkip } from '../cut-at-skip.ts';
import { endedByNeeds, parentEnd } from '../decide-part.ts';
import { endRest, guarded } from '../end-part.ts';
import { isExposure } from '../expose/exposure.ts';
import type { KeptMachine } from '../kept-machine.ts';
import type { OpenPart } from '../open-part.ts';
import { planSteps } from '../plan.ts';
import type { OpenRun, PartOutcome } from '../open-run.ts';
import type { RunOptions } from '../run-options.ts';
import { criticalPaths } from './critical-path.ts';
import { GaveUp } from './gave-up.ts';
import { CountedSlots, type MachineSlots } from './machine-slots.ts';
import type { Part } from './part.ts';

/** Of the host's free memory, what machines may have together: most guests touch only some of theirs. */
const MEMORY_SHARE = 0.75;
const MIB = 2 ** 20;

/**
 * Builds the parts that could not be ended by looking alone, each as soon as those are done that it needs. Resolves to the
 * machines that were to be kept, when every part has ended. Throws what made the run impossible, once all machines have ended.
 */
export async function runParts(run: OpenRun, undecided: readonly OpenPart[]): Promise<readonly KeptMachine[]> {
  await using kept = new AsyncDisposableStack();
  const machines = await new PartsRun(run, undecided).run((machine) => kept.use(machine));
  kept.move();
  return machines;
}

class PartsRun {
  readonly #run: OpenRun;
  readonly #undecided: readonly OpenPart[];
  readonly #slots: MachineSlots;
  readonly #paths: ReadonlyMap<Part, number>;
  readonly #giveUp = new AbortController();
  /** By part, for those that are still to end. */
  readonly #ends = new Map<Part, Promise<unknown>>();
  readonly #kept = new Map<Part, KeptMachine>();

  constructor(run: OpenRun, undecided: readonly OpenPart[]) {
    this.#run = run;
    this.#undecided = undecided;
    this.#paths = criticalPaths(undecided);
    this.#slots =
      run.options.slots ?? new CountedSlots({ jobs: jobsOf(run.options), memoryMib: memoryBudget(run.options) });
  }

  /** `onKept` owns each machine that is kept, from the moment it is. */
  async run(onKept: (machine: KeptMachine) => void): Promise<readonly KeptMachine[]> {
    for (const open of this.#undecided) this.#ends.set(open.part, this.#finish(open, onKept));
    const ended = await Promise.allSettled(this.#ends.values());
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    return this.#undecided.flatMap(({ part }) => this.#kept.get(part) ?? []);
  }

  /** Resolves when the part has ended, however it did; rejects where the run as a whole cannot go on. */
  async #finish(open: OpenPart, onKept: (machine: KeptMachine) => void): Promise<void> {
    const { part } = open;
    // One that rejects has given up the run: the others end by its signal.
    await Promise.allSettled(part.needs.flatMap((need) => this.#ends.get(need) ?? []));
    const outcome = await this.#build(open, onKept);
    this.#run.outcomes.set(part, outcome);
    if (outcome.kind === 'failed' && this.#run.options.keepGoing !== true) this.#giveUp.abort(new GaveUp());
  }

  async #build(open: OpenPart, onKept: (machine: KeptMachine) => void): Promise<PartOutcome> {
    const context = {
      ...open.context,
      signal: AbortSignal.any([open.context.signal, this.#giveUp.signal]),
      slots: this.#slots,
      priority: this.#paths.get(open.part) ?? 0,
    };
    const own = { ...open, context };
    try {
      const outcome = await guarded(own, () => this.#buildPart(own, onKept));
      endRest(open.report, context.signal);
      return outcome ?? { kind: 'failed' };
    } catch (error) {
      this.#giveUp.abort(new GaveUp());
      open.report.endRest('failed', 'skipped');
      throw error;
    }
  }

  async #buildPart(open: OpenPart, onKept: (machine: KeptMachine) => void): Promise<PartOutcome> {
    const { part, cut, context, report } = open;
    context.signal.throwIfAborted();
    const ended = endedByNeeds(open, this.#run) ?? this.#endedByParent(open);
    if (ended !== null) return ended;
    const parent = parentEnd(part, this.#run);
    using _lease = parent === null ? null : context.store.lease([parent.snapshot]);
    const planned = this.#run.plans.get(part);
    const plan = planned ?? (await planSteps(context, cut.steps, this.#run.options, parent));
    const keep = this.#run.options.up === true && cut.steps.some(isExposure);
    const build = new Build(context, part.layerfile, cut.steps, this.#run.options, report);
    const { kept, end } = await build.run(plan, keep);
    if (kept !== null) {
      onKept(kept);
      this.#kept.set(part, kept);
    }
    reportSkip(report, cut);
    if (!report.succeeded) return { kind: 'failed' };
    if (report.earlyEnd === 'waiting') return { kind: 'waiting' };
    return { kind: 'done', end, cut: report.earlyEnd === 'skipped' };
  }

  /** A machine that is not saved as it was at the end cannot be gone on from. */
  #endedByParent({ part, context, report }: OpenPart): PartOutcome | null {
    if (part.from === null || parentEnd(part, this.#run) !== null) return null;
    warn(context, `${part.from.layerfile.path} was not kept, so nothing can go on from it; run again`);
    report.endRest('failed', 'skipped');
    return { kind: 'failed' };
  }
}

function jobsOf({ jobs }: RunOptions): number {
  return jobs ?? availableParallelism();
}

function memoryBudget({ memoryMib }: RunOptions): number {
  return memoryMib ?? Math.floor((process.availableMemory() * MEMORY_SHARE) / MIB);
}
