import { type Failure, runBatch, type Trial } from './batch.ts';
import type { Edit } from './edit.ts';
import type { Laboratory } from './laboratory.ts';
import type { Program } from './operation.ts';
import type { Subject } from './soundness-case.ts';
import type { Tree } from './tree.ts';

/** A failing case as it is made smaller. */
interface Small {
  readonly subject: Subject;
  readonly edits: readonly Edit[];
}

type Removal = (from: Small) => Small;

/** Rounds of one batch each: a failing case has a dozen parts, and most can go at once. */
const MOST_ROUNDS = 6;

/**
 * The failing case without what it does not need to fail: operations, edits and files are left out, all candidates of a
 * round in one batch. It may fail in another way in the end.
 */
export async function shrink(laboratory: Laboratory, { subject, edit, edits }: Failure): Promise<Failure | null> {
  let best: Failure | null = null;
  let small: Small = { subject, edits };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const removals = removalsOf(small);
    const singles = await failing(
      laboratory,
      removals.map((remove) => remove(small)),
    );
    if (singles.length === 0) break;
    const needless = singles.map(({ index }) => removals[index] ?? ((same: Small) => same));
    const halves = [needless, needless.filter((_, index) => index % 2 === 0), needless.slice(needless.length / 2)];
    const combined = halves.map((half) => half.reduce((rest, remove) => remove(rest), small));
    const [found = singles[0]] = await failing(laboratory, combined);
    if (found === undefined) break;
    small = found.small;
    best = { ...found.failure, edit };
  }
  return best;
}

interface Found {
  readonly index: number;
  readonly small: Small;
  readonly failure: Failure;
}

async function failing(laboratory: Laboratory, candidates: readonly Small[]): Promise<readonly Found[]> {
  const trials = candidates.map(({ subject, edits }): Trial => ({ subject, edits: new Map([[0, edits]]) }));
  const { failures } = await runBatch(laboratory, trials);
  return candidates.flatMap((small, index) => {
    const failure = failures.find(({ subject }) => subject === small.subject);
    return failure === undefined ? [] : [{ index, small, failure }];
  });
}

/** Every single part that may be left out. What a removal takes away is known by itself, so that several can be combined. */
function removalsOf({ subject, edits }: Small): readonly Removal[] {
  const operations = subject.programs.flat().map((operation): Removal => {
    return (from) =>
      withPrograms(
        from,
        from.subject.programs.map((program) => program.filter((one) => one !== operation)),
      );
  });
  const paths = [...subject.tree.keys()].filter((path) => path !== '');
  const things = paths.map((path): Removal => {
    const stays = (other: string): boolean => other !== path && !other.startsWith(`${path}/`);
    return (from) => withTree(from, new Map([...from.subject.tree].filter(([other]) => stays(other))));
  });
  const fewerEdits = edits.map((edit): Removal => {
    return (from) => ({ subject: { ...from.subject }, edits: from.edits.filter((one) => one !== edit) });
  });
  return [...operations, ...things, ...fewerEdits];
}

function withPrograms({ subject, edits }: Small, programs: readonly Program[]): Small {
  return { subject: { ...subject, programs }, edits };
}

function withTree({ subject, edits }: Small, tree: Tree): Small {
  return { subject: { ...subject, tree }, edits };
}
