import type { FrozenStep } from '../fs-tracer/index.ts';
import type { Snapshot, SnapshotId } from '../snapshots/index.ts';
import { monotonicMs } from '../util/monotonic.ts';
import { type BuildContext, warn } from './build-context.ts';
import type { Miss, StepEnded, StepOutcome } from './build-event.ts';
import type { PartEnd } from './plan.ts';
import type { StepSnapshot } from './session.ts';
import { DONE, type EarlyEnd, type StepResult } from './step-result.ts';
import type { Step } from './step.ts';

interface StepRun {
  readonly miss: Miss;
  readonly result: StepResult;
  readonly frozen: FrozenStep | null;
  readonly saved: StepSnapshot | null;
  /** Of a failed step: whether its machine was kept as it was then. */
  readonly failedState?: boolean;
}

export interface StepCounts {
  readonly restored: number;
  readonly ran: number;
  readonly failed: number;
  readonly waiting: number;
  readonly savedMs: number;
}

const GOOD: ReadonlySet<StepOutcome> = new Set(['restored', 'ran', 'would-run']);

/** Sends exactly one `step` event for each step of one Layerfile, and counts them. */
export class StepReport {
  readonly #context: BuildContext;
  readonly #steps: readonly Step[];
  readonly #ended = new Set<number>();
  readonly #done = new Set<number>();
  readonly #startedAt = new Map<number, number>();
  #restored = 0;
  #ran = 0;
  #failed = 0;
  #savedMs = 0;
  #earlyEnd: EarlyEnd['how'] | 'waiting-above' | null = null;
  /** Set when a machine was restored; goes out with the first step that ran in it. */
  restoreMs: number | null = null;

  constructor(context: BuildContext, steps: readonly Step[]) {
    this.#context = context;
    this.#steps = steps;
  }

  get counts(): StepCounts {
    const waiting = this.#earlyEnd === 'waiting' ? 1 : 0;
    return { restored: this.#restored, ran: this.#ran, failed: this.#failed, waiting, savedMs: this.#savedMs };
  }

  /** How it ended before its last step, as the Layerfile says; null where it did not. */
  get earlyEnd(): EarlyEnd['how'] | null {
    return this.#earlyEnd === 'waiting-above' ? 'waiting' : this.#earlyEnd;
  }

  /** Whether every step was restored, ran or (in a plan) would run. */
  get succeeded(): boolean {
    return this.#earlyEnd !== null || this.#done.size === this.#steps.length;
  }

  /** The steps whose work is in the machine: restored or ran. */
  get done(): readonly Step[] {
    return this.#steps.filter(({ number }) => this.#done.has(number));
  }

  started(step: Step, miss: Miss): void {
    this.#startedAt.set(step.number, monotonicMs());
    const { layerfile } = this.#context;
    const { range, text } = step.instruction;
    const place = { layerfile, step: step.number, line: range.start.line };
    this.#context.emit({ event: 'start', ...place, instruction: text, miss });
  }

  elapsedMs(step: Step): number {
    return monotonicMs() - (this.#startedAt.get(step.number) ?? monotonicMs());
  }

  /** Does nothing for a step that ran in this build already (a base that had to be booted first). */
  restored(step: Step, id: SnapshotId | null, snapshot: Snapshot | null, more: Partial<StepEnded> = {}): void {
    if (this.#ended.has(step.number)) return;
    this.#restored++;
    this.#savedMs += snapshot?.durationMs ?? 0;
    this.#send(step, 'restored', {
      snapshot: id,
      ...(snapshot === null ? {} : { savedMs: Math.round(snapshot.durationMs) }),
      ...more,
    });
  }

  /**
   * FROM another Layerfile, whose machine is there: that took nothing here. As it went for `parent`: restored where all of
   * that was.
   */
  givenBy(step: Step, parent: PartEnd | null): void {
    if (this.#ended.has(step.number)) return;
    const snapshot = parent?.snapshot ?? null;
    if (parent?.ran === true) {
      this.#ran++;
      this.#send(step, 'ran', { miss: { reason: 'instruction', parent: parent.layerfile }, snapshot });
    } else {
      this.#restored++;
      this.#send(step, 'restored', { snapshot });
    }
  }

  ran(step: Step, { miss, result, frozen, saved, failedState = false }: StepRun): void {
    if (result.ok) this.#ran++;
    else this.#failed++;
    this.#send(step, result.ok ? 'ran' : 'failed', {
      miss,
      durationMs: Math.round(this.elapsedMs(step)),
      exitCode: result.exitCode,
      observed: frozen?.counts ?? null,
      snapshot: saved?.snapshot.id ?? null,
      ...(failedState ? { failedState } : {}),
      snapshotMs: saved === null ? null : Math.round(saved.figures.pauseMs),
      snapshotBytes: saved?.snapshot.sizeBytes ?? null,
      ...(this.restoreMs === null ? {} : { restoreMs: Math.round(this.restoreMs) }),
    });
    this.restoreMs = null;
  }

  /** The Layerfile ends with `step`, as it says itself: what is below is skipped, and the build has succeeded. */
  endsEarly(step: Step, miss: Miss, { how, why }: EarlyEnd): void {
    this.#earlyEnd = how;
    if (how === 'waiting') this.#send(step, 'skipped', { miss, waiting: true });
    else this.ran(step, { miss, result: DONE, frozen: null, saved: null });
    warn(this.#context, why, step.number);
    for (const rest of this.#steps) if (!this.#ended.has(rest.number)) this.#send(rest, 'skipped', {});
  }

  /** Whether all of `steps` went well, and the Layerfile has not ended yet. */
  hasDone(steps: readonly Step[]): boolean {
    return this.#earlyEnd === null && this.#done.size === steps.length;
  }

  /** Nothing of it is to be done, and that is as it should be: what it goes on from skips it, or waits for a person. */
  skipsAll(how: EarlyEnd['how']): void {
    this.#earlyEnd = how === 'waiting' ? 'waiting-above' : how;
    for (const step of this.#steps) if (!this.#ended.has(step.number)) this.#send(step, 'skipped', {});
  }

  /**
   * As {@link endsEarly}, for a `step` that was decided without a machine: it goes with those above it, so that where nothing
   * has changed, nothing ran.
   */
  skipsRest(step: Step, why: string): void {
    this.#earlyEnd = 'skipped';
    if (this.#done.size === this.#restored) this.restored(step, null, null);
    else if (this.#ran === 0) this.wouldRun(step, { reason: 'instruction' });
    else this.ran(step, { miss: { reason: 'instruction' }, result: DONE, frozen: null, saved: null });
    warn(this.#context, why, step.number);
    for (const rest of this.#steps) if (!this.#ended.has(rest.number)) this.#send(rest, 'skipped', {});
  }

  wouldRun(step: Step, miss: Miss, more: Partial<StepEnded> = {}): void {
    this.#send(step, 'would-run', { miss, ...more });
  }

  /** Every step that has not ended yet: the one that was running as `running`, those below it as `rest`. */
  endRest(running: 'failed' | 'cancelled', rest: 'skipped' | 'cancelled'): void {
    for (const step of this.#steps) {
      if (this.#ended.has(step.number)) continue;
      const wasRunning = this.#startedAt.has(step.number);
      if (wasRunning && running === 'failed') this.#failed++;
      const durationMs = wasRunning ? Math.round(this.elapsedMs(step)) : 0;
      this.#send(step, wasRunning ? running : rest, { durationMs });
    }
  }

  #send(step: Step, outcome: StepOutcome, more: Partial<StepEnded>): void {
    this.#ended.add(step.number);
    if (GOOD.has(outcome)) this.#done.add(step.number);
    this.#context.emit({
      event: 'step',
      layerfile: this.#context.layerfile,
      step: step.number,
      line: step.instruction.range.start.line,
      instruction: step.instruction.text,
      outcome,
      durationMs: 0,
      exitCode: null,
      observed: null,
      snapshot: null,
      snapshotMs: null,
      snapshotBytes: null,
      miss: null,
      ...websiteOf(step, outcome),
      ...more,
    });
  }
}

function websiteOf({ instruction }: Step, outcome: StepOutcome): Pick<StepEnded, 'website'> {
  const isReached = outcome === 'restored' || outcome === 'ran';
  return isReached && instruction.kind === 'EXPOSE WEBSITE' ? { website: instruction.path } : {};
}
