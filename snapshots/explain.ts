import { type HistoryRow, historyRow } from './history-rows.ts';
import { differencesFrom } from './key-evaluator.ts';
import { newestCandidates, pathSetsUnder } from './lookup-rows.ts';
import { nextWeak, type FailedKey, type Walk } from './lookup.ts';
import type { ChangedReason, MissReason } from './miss-reason.ts';
import type { LookupStep } from './store.ts';

/** Why each of the steps that the walk did not reach must run. Only the first is looked into: the others follow from it. */
export function explainMisses(walk: Walk, steps: readonly LookupStep[]): MissReason[] {
  const restored = walk.best?.upTo ?? 0;
  return steps.slice(restored).map((step, position): MissReason => {
    if (step.forced === true) return { reason: 'forced' };
    return position === 0
      ? explainFirst(walk, restored, step)
      : fromHistory(historyRow(walk.session, step.history), step);
  });
}

function explainFirst(walk: Walk, restored: number, step: LookupStep): MissReason {
  if (walk.tombstones.some(({ upTo }) => upTo > restored)) return { reason: 'evicted' };
  const history = historyRow(walk.session, step.history);
  const sameKey = history?.weak === nextWeak(walk, walk.best);
  if (sameKey && history.unpublishable !== null) return { reason: 'unpublishable', paths: history.unpublishable };
  const changed = nearestChange(
    walk,
    walk.failures.filter(({ from, upTo }) => from <= restored && upTo > restored),
  );
  if (changed !== null) return changed;
  return sameKey ? { reason: 'evicted' } : fromHistory(history, step);
}

/** A key that is not stored: either the step was another one last time, or there was no last time. */
function fromHistory(history: HistoryRow | null, step: LookupStep): MissReason {
  if (history === null) return { reason: 'new' };
  return history.label === step.label ? { reason: 'instruction' } : { reason: 'instruction', was: history.label };
}

/** How a stored read set differs from the workspace. */
interface Difference {
  readonly seq: number;
  readonly count: number;
  readonly first: ChangedReason;
}

/** The first difference from the candidate that differs least; of equally near ones, the newest. */
function nearestChange(walk: Walk, failures: readonly FailedKey[]): ChangedReason | null {
  const differences = failures.flatMap((failure) => differencesUnder(walk, failure));
  differences.sort((one, other) => one.count - other.count || other.seq - one.seq);
  return differences[0]?.first ?? null;
}

function differencesUnder(walk: Walk, { weak }: FailedKey): Difference[] {
  return pathSetsUnder(walk.session, weak)
    .flatMap((stored) => newestCandidates(walk.session, weak, stored))
    .flatMap(({ seq, readSet }) => {
      const different = differencesFrom(readSet, walk.evaluator);
      const [first] = different;
      if (first === undefined) return [];
      const { kind, path, digest: was } = first;
      const now = walk.evaluator.digest(first);
      return [{ seq, count: different.length, first: { reason: 'changed', kind, path, was, now } }];
    });
}
