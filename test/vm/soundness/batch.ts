import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Observation, ObservationKind, ReadSet } from '../../../fs-tracer/index.ts';
import type { LookupResult, Snapshot } from '../../../snapshots/index.ts';
import { CaseChains } from './case-chains.ts';
import { applyEdit, type Edit, editFor } from './edit.ts';
import { Footprint, ownPath } from './footprint.ts';
import type { Laboratory, Outputs } from './laboratory.ts';
import { OWN_PLACE, treeFor } from './make-tree.ts';
import type { Program } from './operation.ts';
import { STEPS, type Subject } from './soundness-case.ts';
import { factOf, layTree, scanTree, type Tree } from './tree.ts';

/** A subject and its edits: the restored machines of a batch are shared by all of them. */
export interface Trial {
  readonly subject: Subject;
  /** Number of the edits, and what they are. */
  readonly edits: ReadonlyMap<number, readonly Edit[]>;
}

export interface Failure {
  readonly subject: Subject;
  /** Null where it failed before anything was edited. */
  readonly edit: number | null;
  readonly edits: readonly Edit[];
  readonly what: string;
}

/** What a batch did: a check that never restores, or never runs anything, shows nothing. */
export interface BatchReport {
  readonly cases: number;
  /** How many cases had this many of their steps restored. */
  readonly restored: readonly number[];
  readonly repeated: number;
  readonly failures: readonly Failure[];
}

export interface BatchOptions {
  /** Leaves observations of this kind out of every key: then something must be restored that should have run. Nothing goes on. */
  readonly broken?: ObservationKind | undefined;
}

interface Recorded {
  readonly name: string;
  readonly trial: Trial;
  readonly tree: Tree;
  readonly outputs: string[];
  readonly readSets: ReadSet[];
}

interface Judged {
  readonly recorded: Recorded;
  readonly restored: number;
}

/** Records the trials in one machine, then asks and checks, edit by edit. All trials have the same numbers of edits. */
export async function runBatch(
  laboratory: Laboratory,
  trials: readonly Trial[],
  options: BatchOptions = {},
): Promise<BatchReport> {
  using batch = new Batch(laboratory, trials, options);
  return await batch.run();
}

class Batch implements Disposable {
  readonly #laboratory: Laboratory;
  readonly #broken: ObservationKind | undefined;
  readonly #cases: readonly Recorded[];
  readonly #chains: CaseChains;
  readonly #snapshots: Snapshot[] = [];
  readonly #failures: Failure[] = [];
  readonly #restored = Array.from({ length: STEPS + 1 }, () => 0);
  #repeated = 0;

  constructor(laboratory: Laboratory, trials: readonly Trial[], { broken }: BatchOptions) {
    this.#laboratory = laboratory;
    this.#broken = broken;
    this.#chains = new CaseChains(laboratory.folder);
    this.#cases = trials.map((trial, index) => {
      const name = `c${String(index).padStart(3, '0')}`;
      return { name, trial, tree: treeFor(trial.subject.tree, name), outputs: [], readSets: [] };
    });
  }

  async run(): Promise<BatchReport> {
    for (const { name, tree } of this.#cases) {
      mkdirSync(dirname(this.#folder(name)), { recursive: true });
      layTree(this.#folder(name), tree);
    }
    await this.#record();
    for (const { name, readSets } of this.#cases) await this.#chains.publish(name, readSets);
    const numbers = [...(this.#cases[0]?.trial.edits.keys() ?? [])];
    for (const [index, number] of numbers.entries()) {
      if (index > 0) this.#layAgain();
      await this.#judge(number);
    }
    return {
      cases: this.#cases.length * numbers.length,
      restored: this.#restored,
      repeated: this.#repeated,
      failures: this.#failures,
    };
  }

  async #record(): Promise<void> {
    await using session = await this.#laboratory.startFresh();
    this.#snapshots.push((await this.#laboratory.save(session, 0)).snapshot);
    for (let step = 0; step < STEPS; step++) {
      const outputs = await this.#laboratory.runStep(session, this.#programs(step, this.#cases));
      const { snapshot, frozen } = await this.#laboratory.save(session, step + 1);
      if (frozen.trouble !== null || frozen.changedDuringRun.length > 0)
        throw new Error(`The step could not be published: ${frozen.trouble ?? frozen.changedDuringRun.join(' ')}`);
      this.#snapshots.push(snapshot);
      const observed = Map.groupBy(frozen.newObservations, ({ path }) => path.slice(0, 'c000'.length));
      for (const recorded of this.#cases) {
        recorded.outputs.push(outputs.get(recorded.name) ?? '');
        recorded.readSets.push((observed.get(recorded.name) ?? []).filter(({ kind }) => kind !== this.#broken));
      }
    }
    for (const recorded of this.#cases) this.#explain(recorded);
  }

  /** Whatever was observed, the programs must have been able to ask for. */
  #explain({ name, trial, tree, readSets }: Recorded): void {
    const footprint = new Footprint(tree, name);
    for (const [step, readSet] of readSets.entries()) {
      footprint.run(trial.subject.programs[step] ?? []);
      for (const { path, kind } of readSet) {
        if (footprint.explains(ownPath(name, path), kind)) continue;
        const what = `step ${step + 1} observed ${kind} of ${JSON.stringify(ownPath(name, path))}, which nothing asks for`;
        this.#failures.push({ subject: trial.subject, edit: null, edits: [], what });
      }
    }
  }

  async #judge(number: number): Promise<void> {
    for (const { name, trial } of this.#cases)
      for (const edit of trial.edits.get(number) ?? []) applyEdit(this.#folder(name), editFor(edit, name));
    const { workspace } = this.#laboratory.newRun();
    const judged = this.#cases.map((recorded) => {
      const found = this.#chains.find(recorded.name, STEPS, workspace);
      const fail = (what: string): void => this.#fail(recorded, number, what);
      const restored = checkDecision(recorded, scanTree(this.#folder(recorded.name)), found, fail);
      this.#restored[restored] = (this.#restored[restored] ?? 0) + 1;
      return { recorded, restored };
    });
    const scratch = await this.#runAll();
    for (const { recorded, restored } of judged) {
      for (let step = 0; step < restored; step++)
        this.#compare(recorded, number, `step ${step + 1} was restored`, recorded.outputs[step], scratch[step]);
    }
    if (this.#broken !== undefined) return;
    for (let from = 0; from < STEPS; from++) await this.#goOn(number, from, judged, scratch);
    await this.#repeat(number, judged, scratch);
  }

  /** What a run from scratch prints, step by step. */
  async #runAll(): Promise<readonly Outputs[]> {
    await using session = await this.#laboratory.startFresh();
    const outputs: Outputs[] = [];
    for (let step = 0; step < STEPS; step++)
      outputs.push(await this.#laboratory.runStep(session, this.#programs(step, this.#cases)));
    return outputs;
  }

  /** Restores the machine after step `from` for the cases that go on from there. */
  async #goOn(number: number, from: number, judged: readonly Judged[], scratch: readonly Outputs[]): Promise<void> {
    const cases = judged.filter(({ restored }) => restored === from).map(({ recorded }) => recorded);
    const snapshot = this.#snapshots[from];
    if (cases.length === 0 || snapshot === undefined) return;
    await using session = await this.#laboratory.restore(snapshot);
    for (let step = from; step < STEPS; step++) {
      const outputs = await this.#laboratory.runStep(session, this.#programs(step, cases));
      for (const recorded of cases) {
        const what = `step ${step + 1} after a restore of step ${from}`;
        this.#compare(recorded, number, what, outputs.get(recorded.name), scratch[step]);
      }
    }
  }

  /** The last step once more, in the machine as it left it: for cases whose last step changes nothing itself. */
  async #repeat(number: number, judged: readonly Judged[], scratch: readonly Outputs[]): Promise<void> {
    const cases = judged.filter((one) => isRepeatable(one)).map(({ recorded }) => recorded);
    const [last, parent] = [this.#snapshots[STEPS], this.#snapshots[STEPS - 1]];
    if (cases.length === 0 || last === undefined || parent === undefined) return;
    await using session = await this.#laboratory.goOnFrom(last, parent);
    const outputs = await this.#laboratory.runStep(session, this.#programs(STEPS - 1, cases));
    this.#repeated += cases.length;
    for (const recorded of cases)
      this.#compare(recorded, number, 'the last step repeated', outputs.get(recorded.name), scratch[STEPS - 1]);
  }

  #compare(recorded: Recorded, number: number, what: string, got: string | undefined, scratch: Outputs | undefined) {
    const wanted = scratch?.get(recorded.name);
    if (got === wanted) return;
    this.#fail(recorded, number, `${what}, but a run from scratch differs:\n${differences(got ?? '', wanted ?? '')}`);
  }

  #fail({ trial }: Recorded, edit: number, what: string): void {
    this.#failures.push({ subject: trial.subject, edit, edits: trial.edits.get(edit) ?? [], what });
  }

  #programs(step: number, cases: readonly Recorded[]): ReadonlyMap<string, Program> {
    return new Map(cases.map(({ name, trial }) => [name, trial.subject.programs[step] ?? []]));
  }

  #layAgain(): void {
    for (const { name, tree } of this.#cases) {
      rmSync(this.#folder(name), { recursive: true, force: true });
      layTree(this.#folder(name), tree);
    }
  }

  #folder(name: string): string {
    return join(this.#laboratory.workspaceRoot, name, OWN_PLACE);
  }

  [Symbol.dispose](): void {
    this.#chains[Symbol.dispose]();
    for (const { name } of this.#cases) rmSync(join(this.#laboratory.workspaceRoot, name), { recursive: true });
    this.#laboratory.store.remove(this.#snapshots.map(({ id }) => id));
  }
}

/** How many steps the look-up restores, checked against what this program itself sees on the disk. */
function checkDecision(
  { name, tree, readSets }: Recorded,
  now: Tree,
  { hit, misses }: LookupResult,
  fail: (what: string) => void,
): number {
  const restored = hit?.restoredSteps ?? 0;
  const differs = ({ path, kind }: Pick<Observation, 'path' | 'kind'>): boolean => {
    const own = ownPath(name, path);
    return factOf(tree, own, kind) !== factOf(now, own, kind);
  };
  const first = readSets.findIndex((readSet) => readSet.some(differs));
  const expected = first < 0 ? STEPS : first;
  if (restored !== expected) fail(`${restored} steps are restored, though what was observed holds for ${expected}`);
  const [miss] = misses;
  if (miss === undefined) return restored;
  if (miss.reason !== 'changed') fail(`step ${restored + 1} runs for the reason ${miss.reason}`);
  else if (!differs(miss))
    fail(`step ${restored + 1} runs because ${miss.kind} of ${JSON.stringify(miss.path)} changed, which is not so`);
  return restored;
}

/**
 * A last step that only reads can be repeated, and must give what a run from scratch gives. What a background process has
 * open is left out: it may not be there any more, and says so in other words (ESTALE).
 */
function isRepeatable({ recorded, restored }: Judged): boolean {
  if (restored < STEPS - 1) return false;
  const { programs } = recorded.trial.subject;
  if (programs.flat().some(([verb]) => verb === 'background')) return false;
  return (programs[STEPS - 1] ?? []).every(([verb = '']) => verb.startsWith('slot-') || READING.has(verb));
}

const READING: ReadonlySet<string> = new Set([
  ...['read', 'part', 'map', 'map-blindly', 'send', 'end', 'execute', 'stat', 'look', 'exists', 'may-execute'],
  ...['list', 'list-all', 'walk', 'link', 'enter'],
]);

function differences(got: string, wanted: string): string {
  const [ours, theirs] = [got.split('\n'), wanted.split('\n')];
  const lines = Array.from({ length: Math.max(ours.length, theirs.length) }, (_, line) => {
    return ours[line] === theirs[line] ? [] : [`  got     ${ours[line] ?? ''}`, `  scratch ${theirs[line] ?? ''}`];
  });
  return lines.flat().join('\n');
}
