import { type Flight, type Flights, type SnapshotId, weakOf } from '../snapshots/index.ts';
import { awaitFlight } from './await-flight.ts';
import type { BuildContext } from './build-context.ts';
import type { MachineTurn } from './machine-turn.ts';
import { fieldsOf, type Forcing, isForced, type Plan, savedSteps } from './plan.ts';
import type { Base } from './base-machine.ts';
import { isSaved } from './snapshot-policy.ts';
import type { Step } from './step.ts';

/** The steps up to the next snapshot: what one weak fingerprint covers, so what a run does alone or not at all. */
interface Span {
  readonly key: string;
  readonly first: Step;
}

/**
 * Keeps a build from running what another run is running just now (ARCHITECTURE.md, "Several runs at once"). It waits only
 * in {@link settle}, where it holds nothing and has no machine yet; so nobody ever waits for one who waits.
 */
export class StepFlights implements Disposable {
  readonly #context: BuildContext;
  readonly #flights: Flights;
  readonly #steps: readonly Step[];
  readonly #forcing: Forcing;
  /** What this build is running. */
  #current: Flight | null = null;
  /** What it will run next, from a snapshot that nobody can see yet. */
  #next: Flight | null = null;
  /** Keys whose owner left nothing: waiting for the next one who tries would make a queue of those who fail. */
  readonly #given = new Set<string>();

  constructor(context: BuildContext, flights: Flights, steps: readonly Step[], forcing: Forcing) {
    this.#context = context;
    this.#flights = flights;
    this.#steps = steps;
    this.#forcing = forcing;
  }

  static async open(context: BuildContext, steps: readonly Step[], forcing: Forcing): Promise<StepFlights> {
    return new StepFlights(context, await context.store.flights(), steps, forcing);
  }

  /**
   * The plan to carry out: when it is returned no other run is about to do what comes first in it, nor has done it since the
   * plan was made. `replan` looks up anew. Who waits gives back its turn to have a machine meanwhile.
   */
  async settle(base: Base, planned: Plan, replan: () => Plan, turn: MachineTurn): Promise<Plan> {
    for (let plan = (await turn.take()) ? replan() : planned; ; ) {
      const span = this.#spanAfter(base, plan.hit?.snapshot.id ?? null, plan.restoredSteps);
      // Planned while it was held: nobody else can have done it since.
      if (span !== null && this.#current?.key === span.key) return plan;
      this.#release();
      if (span === null) return plan;
      if (!(await this.#claim(span, plan, turn))) plan = replan();
      else if (this.#context.store.newestSeq() === plan.newestSeq) return plan;
      else plan = replan();
    }
  }

  /**
   * Called before the snapshot `id` after `step` becomes visible: who goes on from it in a running machine has the right
   * of way before those who would have to restore it.
   */
  claimAfter(base: Base, id: SnapshotId, step: Step): void {
    const span = this.#spanAfter(base, id, this.#steps.indexOf(step) + 1);
    if (span === null) return;
    const claim = this.#flights.claim({ key: span.key, seen: new Map() });
    if (!claim.taken) this.#next = claim.flight;
  }

  /** The snapshot of {@link claimAfter} is visible. */
  advance(): void {
    this.#current?.[Symbol.dispose]();
    this.#current = this.#next;
    this.#next = null;
  }

  /** From here on this build leaves nothing that others could restore. */
  giveUp(): void {
    this.#next?.[Symbol.dispose]();
    this.#current?.giveUp();
    this.#current = null;
    this.#next = null;
  }

  [Symbol.dispose](): void {
    this.#next?.[Symbol.dispose]();
    this.#next = null;
    this.#release();
  }

  #release(): void {
    this.#current?.[Symbol.dispose]();
    this.#current = null;
  }

  /** False where it waited for another run instead. */
  async #claim({ key, first }: Span, plan: Plan, turn: MachineTurn): Promise<boolean> {
    const claim = this.#flights.claim({ key, seen: plan.differing.get(key) ?? new Map<string, string>() });
    if (!claim.taken) this.#current = claim.flight;
    if (!claim.taken || isForced(first, this.#forcing) || this.#given.has(key)) return true;
    const [what = ''] = first.instruction.text.split('\n');
    turn.giveBack();
    if ((await awaitFlight(this.#context, this.#flights, claim.by, what)) === 'given-up') this.#given.add(key);
    await turn.take();
    return false;
  }

  /** Null where nothing is left, or nothing that a snapshot will hold, or a person has to be asked in each run. */
  #spanAfter(base: Base, parent: SnapshotId | null, done: number): Span | null {
    const rest = this.#steps.slice(done);
    const [first] = rest;
    const saved = savedSteps(this.#context, this.#steps);
    const end = rest.findIndex((step) => isSaved(step, saved));
    if (first === undefined || end < 0 || first.instruction.kind === 'BUTTON') return null;
    const steps = fieldsOf(this.#steps, base, this.#context).slice(done, done + end + 1);
    return { key: weakOf({ parent, steps }), first };
  }
}
