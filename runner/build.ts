import type { Layerfile } from '../grammar/index.ts';
import type { CacheHit, SnapshotId, StepFields } from '../snapshots/index.ts';
import { type Base, ensureBase, soundBase } from './base-machine.ts';
import { bootBase } from './boot-base.ts';
import { announce, type BuildContext, warn } from './build-context.ts';
import type { Miss } from './build-event.ts';
import { keepFailedState } from './failed-state.ts';
import type { KeptMachine } from './kept-machine.ts';
import { nobodyToAsk } from './nobody-to-ask.ts';
import { perform } from './instructions/perform.ts';
import { memoryOf } from './machine-memory.ts';
import { obstacleTo } from './obstacle.ts';
import { MachineTurn } from './machine-turn.ts';
import {
  fieldsOf,
  type Forcing,
  fromOf,
  type Ground,
  historyOf,
  type PartEnd,
  type Plan,
  planOn,
  savedSteps,
} from './plan.ts';
import { restoreSession } from './restore-session.ts';
import { reportRestored } from './restored-steps.ts';
import type { Session, StepSnapshot } from './session.ts';
import { isSaveFailure } from './save-failure.ts';
import { tellsSecret } from './secrets/tells-secret.ts';
import { isTaken, snapshotReason } from './snapshot-policy.ts';
import { showServiceOutput } from './service-output.ts';
import type { StepFlights } from './step-flights.ts';
import { StepContext } from './step-context.ts';
import { DONE, type StepResult } from './step-result.ts';
import type { Step } from './step.ts';
import { sweepHome } from './sweep-home.ts';
import { StepReport } from './step-report.ts';
import { refillCaches, saveCaches } from './with-caches.ts';

/** What a build leaves. */
export interface Built {
  /** The machine, where it was to be kept. */
  readonly kept: KeptMachine | null;
  /** Where others can go on from; null where the machine is not saved as it was at the end. */
  readonly end: PartEnd | null;
}

/** A step that runs. */
interface Underway {
  readonly base: Base;
  readonly session: Session;
  readonly flights: StepFlights;
  readonly fields: StepFields;
}

/** Builds one part, as a rule a Layerfile: restores what holds and runs the rest. */
export class Build {
  readonly #context: BuildContext;
  readonly #layerfile: Layerfile;
  readonly #steps: readonly Step[];
  readonly #forcing: Forcing;
  readonly #report: StepReport;
  /** What each snapshot took. */
  readonly #savesMs: number[] = [];
  /** After a snapshot could not be saved no later one is tried. */
  #saving = true;
  /** What holds the machine as it is after the last step that was done; null where nothing does. */
  #end: SnapshotId | null = null;

  constructor(
    context: BuildContext,
    layerfile: Layerfile,
    steps: readonly Step[],
    forcing: Forcing,
    report: StepReport,
  ) {
    this.#context = context;
    this.#layerfile = layerfile;
    this.#steps = steps;
    this.#forcing = forcing;
    this.#report = report;
  }

  /**
   * `plan` is that of the same steps; where it restores all of them, `keep` is the reason to run. Every step ends in exactly
   * one `step` event, also where this throws. With `keep` a build that succeeds leaves its machine running, restored for
   * that alone where every step was restored.
   */
  async run(plan: Plan, keep: boolean): Promise<Built> {
    if (!keep && this.#endsWithoutMachine(plan)) return this.#built(plan.ground, null);
    this.#context.store.sweep();
    sweepHome(this.#context.home);
    const ground = plan.ground?.parent == null ? await this.#soundGround(plan) : plan.ground;
    const onGround = plan.ground !== ground ? this.#planOn(ground) : plan;
    const { StepFlights } = await import('./step-flights.ts');
    using flights = await StepFlights.open(this.#context, this.#steps, this.#forcing);
    using turn = new MachineTurn(this.#context, ground.base.config.memoryMib);
    return this.#built(ground, await this.#runFrom(ground, onGround, keep, flights, turn));
  }

  /** The machine's image, built where there is none, or where it is damaged. */
  async #soundGround(plan: Plan): Promise<Ground> {
    const [from, memoryMib] = [fromOf(this.#steps), memoryOf(this.#steps)];
    const found = plan.ground?.base ?? (await ensureBase(this.#context, from, memoryMib));
    const base = await soundBase(this.#context, found, from, memoryMib);
    return plan.ground?.base === base ? plan.ground : { base, parent: null };
  }

  #built(ground: Ground | null, kept: KeptMachine | null): Built {
    if (ground === null || this.#end === null) return { kept, end: null };
    const ran = this.#report.counts.ran > 0;
    return { kept, end: { base: ground.base, snapshot: this.#end, ran, layerfile: this.#context.layerfile } };
  }

  #planOn(ground: Ground): Plan {
    return planOn(ground, this.#context, this.#steps, this.#forcing);
  }

  #endsWithoutMachine(plan: Plan): boolean {
    if (plan.restoredSteps < this.#steps.length) return this.#waitsAt(plan);
    this.#reportRestored(plan);
    if (plan.hit !== null) this.#context.store.touch([plan.hit.snapshot.id]);
    this.#end = plan.hit?.snapshot.id ?? null;
    return true;
  }

  /** Whether the first step to run is a BUTTON that nobody can press: no machine is needed to say so. */
  #waitsAt(plan: Plan): boolean {
    const step = this.#steps[plan.restoredSteps];
    const ends = step === undefined ? null : nobodyToAsk(this.#context, step);
    if (step === undefined || ends === null || plan.hit === null) return false;
    this.#reportRestored(plan);
    this.#report.endsEarly(step, plan.misses[0] ?? { reason: 'new' }, ends);
    this.#context.store.touch([plan.hit.snapshot.id]);
    return true;
  }

  #reportRestored(plan: Plan): void {
    reportRestored(plan, this.#context, this.#report);
  }

  async #runFrom(
    ground: Ground,
    planned: Plan,
    keep: boolean,
    flights: StepFlights,
    turn: MachineTurn,
  ): Promise<KeptMachine | null> {
    const replan = (): Plan => this.#planOn(ground);
    await using resources = new AsyncDisposableStack();
    let plan = planned;
    let session: Session | null = null;
    while (session === null) {
      plan = await flights.settle(ground.base, plan, replan, turn);
      if (plan !== planned && !keep && this.#endsWithoutMachine(plan)) return null;
      if (plan.hit === null) plan = await this.#runBase(ground.base, plan, flights, replan);
      else if ((session = await this.#restore(ground, plan, plan.hit, resources)) === null) plan = replan();
    }
    this.#reportRestored(plan);
    this.#report.restoreMs = session.machine.restoreMs;
    this.#end = plan.hit?.snapshot.id ?? null;
    await this.#runBelow({ base: ground.base, session, flights }, plan);
    const succeeded = this.#report.succeeded || this.#report.hasDone(this.#steps);
    if (!keep || !succeeded) return null;
    const { machine } = session;
    const held = resources.move();
    const end = async (): Promise<void> => held.disposeAsync();
    return { context: this.#context, machine, steps: this.#report.done, [Symbol.asyncDispose]: end };
  }

  async #runBase(base: Base, { misses }: Plan, flights: StepFlights, replan: () => Plan): Promise<Plan> {
    const [step] = this.#steps;
    if (step === undefined) throw new Error('Internal error: a Layerfile without FROM was accepted');
    const miss = misses[0] ?? { reason: 'new' };
    this.#report.started(step, miss);
    const saved = await bootBase(this.#context, base, step, (id) => flights.claimAfter(base, id, step));
    flights.advance();
    this.#report.ran(step, { miss, result: DONE, frozen: null, saved });
    const plan = replan();
    if (plan.hit === null) throw new Error('Internal error: the base machine was saved but is not found');
    return plan;
  }

  /** Null where the look-up has to be made again. Where this throws, what was found to hold is told all the same. */
  async #restore(
    ground: Ground,
    plan: Plan,
    { snapshot }: CacheHit,
    resources: AsyncDisposableStack,
  ): Promise<Session | null> {
    announce(this.#context, 'restore', 'restoring the machine');
    const next = this.#steps[plan.restoredSteps];
    const fields = fieldsOf(this.#steps, ground.base, this.#context)[plan.restoredSteps] ?? {};
    const restoring = { ground, snapshot, next, fields, goesOn: !this.#forcing.noCache };
    try {
      return await restoreSession(this.#context, restoring, resources);
    } catch (error) {
      this.#reportRestored(plan);
      throw error;
    }
  }

  /** Runs what `plan` does not restore. */
  async #runBelow(
    { base, session, flights }: Omit<Underway, 'fields'>,
    { restoredSteps, misses }: Plan,
  ): Promise<void> {
    const remaining = this.#steps.slice(restoredSteps);
    const fields = fieldsOf(this.#steps, base, this.#context);
    await refillCaches(this.#context, session);
    for (const [index, step] of remaining.entries()) {
      const miss = misses[index] ?? { reason: 'instruction' };
      const underway = { base, session, flights, fields: fields[restoredSteps + index] ?? {} };
      if (!(await this.#runStep(underway, step, miss))) break;
      if (step === remaining.at(-1)) await showServiceOutput(this.#stepContext(session, step));
    }
    await saveCaches(this.#context, session);
    const { rememberSnapshotCosts } = await import('./snapshot-costs.ts');
    rememberSnapshotCosts(this.#context.home, base.config, this.#savesMs);
  }

  /** False where the step failed and nothing below it may run. */
  async #runStep(underway: Underway, step: Step, miss: Miss): Promise<boolean> {
    this.#context.signal.throwIfAborted();
    this.#report.started(step, miss);
    const context = this.#stepContext(underway.session, step);
    const result = await perform(context);
    if (!result.ok || result.ends !== undefined) underway.flights.giveUp();
    if (!result.ok) {
      await showServiceOutput(context);
      context.output('stderr', result.exitCode === null ? `${result.message}\n` : '');
      const failedState = await keepFailedState(this.#context, underway, step, this.#report.elapsedMs(step));
      this.#report.ran(step, { miss, result, frozen: null, saved: null, failedState });
      return false;
    }
    if (result.ends !== undefined) {
      this.#report.endsEarly(step, miss, result.ends);
      return false;
    }
    await this.#finish(underway, step, miss, result);
    this.#context.store.dropFailedState(historyOf(this.#context, step));
    return true;
  }

  #stepContext(session: Session, step: Step): StepContext {
    return new StepContext(this.#context, session, step, this.#layerfile);
  }

  async #finish(underway: Underway, step: Step, miss: Miss, result: StepResult): Promise<void> {
    const { session, fields } = underway;
    const frozen = await session.freeze();
    const obstacle = obstacleTo(frozen.changedDuringRun, frozen.trouble);
    if (this.#saving && tellsSecret(this.#context, frozen.newObservations)) {
      this.#saving = false;
      warn(
        this.#context,
        'it looked for a file that has a secret in its name; this run goes on without snapshots',
        step.number,
      );
    }
    const reason = snapshotReason(step, savedSteps(this.#context, this.#steps));
    const kept = obstacle === null && this.#saving && isTaken(reason);
    const saved = kept ? await this.#save(underway, step, frozen) : null;
    if (reason !== 'nothing-done') this.#end = saved?.snapshot.id ?? null;
    if (obstacle !== null || !this.#saving) underway.flights.giveUp();
    if (saved === null) {
      session.leaveUnsaved(fields, frozen, this.#report.elapsedMs(step));
      if (obstacle !== null) {
        warn(this.#context, `${obstacle}; this run goes on, but is not kept`, step.number);
        session.noteUnpublishable(step, frozen.changedDuringRun);
      }
      await session.goOn();
    }
    this.#report.ran(step, { miss, result, frozen, saved });
  }

  async #save(
    { base, session, flights, fields }: Underway,
    step: Step,
    frozen: Parameters<Session['save']>[2],
  ): Promise<StepSnapshot | null> {
    try {
      flights.claimAfter(base, session.nextSnapshot, step);
      const startedAt = performance.now();
      const saved = await session.save(step, fields, frozen, this.#report.elapsedMs(step));
      flights.advance();
      this.#savesMs.push(performance.now() - startedAt);
      return saved;
    } catch (error) {
      if (!isSaveFailure(error)) throw error;
      this.#saving = false;
      warn(this.#context, `${error.message}; this run goes on without snapshots`, step.number);
      return null;
    }
  }
}
