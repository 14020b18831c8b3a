import type { Observation, ReadSet } from '../../fs-tracer/index.ts';
import type { LookupStep, SnapshotId } from '../../snapshots/index.ts';
import { newSnapshotId } from '../../snapshots/snapshot.ts';

export const STEPS = 20;
/** Where former runs went another way than the present workspace: counted from 1. */
const DIVERGED_AT = [5, 12, 19] as const;

/** A snapshot of the model: what it stands for, before it is written anywhere. */
export interface Stored {
  readonly id: SnapshotId;
  readonly parent: Stored | null;
  /** Counts from 1. */
  readonly step: number;
  /** Which of the path sets its step observed; null for the first step, which observes nothing. */
  readonly pathSet: number | null;
  /** Which of that set's observations differs from the present workspace: a number of its own for each run; null for none. */
  readonly differs: number | null;
}

/**
 * `count` snapshots of one Layerfile of 20 steps: one lineage that holds in the workspace as it is, the newest, and former runs
 * that went along with it up to one of a few steps, where they saw another file. They take turns with the path sets, so a
 * step's key has them all.
 */
export function lineages(count: number, pathSets: number): Stored[] {
  const holding: Stored[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const pathSet = step === 1 ? null : step % pathSets;
    holding.push({ id: newSnapshotId(), parent: holding.at(-1) ?? null, step, pathSet, differs: null });
  }
  const former: Stored[] = [];
  for (let run = 0; former.length < count - STEPS; run++) {
    const first = DIVERGED_AT[run % DIVERGED_AT.length] ?? STEPS;
    let parent = holding[first - 2] ?? null;
    for (let step = first; step <= STEPS && former.length < count - STEPS; step++) {
      parent = { id: newSnapshotId(), parent, step, pathSet: (step + run) % pathSets, differs: run };
      former.push(parent);
    }
  }
  // A parent is older than its children: the shared beginning, the former runs, what only the holding lineage has.
  const shared = Math.max(...DIVERGED_AT) - 1;
  return [...holding.slice(0, shared), ...former, ...holding.slice(shared)];
}

/** What was observed: the set as it is now, with one digest that a file had then. */
export function observedBy({ differs }: Stored, present: ReadSet): ReadSet {
  if (differs === null) return present;
  const position = differs % present.length;
  return present.map(
    (observation, index): Observation =>
      index === position ? { ...observation, digest: `sha256:${String(differs).padStart(64, '0')}` } : observation,
  );
}

export function stepOf(step: number): LookupStep {
  const instruction = `RUN step ${step}`;
  return {
    fields: { instruction },
    label: instruction,
    history: { workspace: '/bench', layerfile: 'Layerfile', step: String(step) },
  };
}
