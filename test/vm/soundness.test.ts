import test from 'ava';

import { machineObstacle } from '../helpers/shared-base.ts';
import { runBatch, type Trial } from './soundness/batch.ts';
import { describeFailure } from './soundness/describe-failure.ts';
import { knownTrials } from './soundness/known-cases.ts';
import { Laboratory } from './soundness/laboratory.ts';
import { editsOf, makeSubject } from './soundness/soundness-case.ts';

/** Few enough for every run of the tests; `npm run fuzz:soundness` does many. */
const FRESH_SEEDS = 40;

const obstacle = machineObstacle();
const machineTest = obstacle === null ? test.serial : test.serial.skip;
const skipped = obstacle === null ? '' : ` (skipped: ${obstacle})`;
let laboratory: Laboratory | undefined;

test.after.always(() => laboratory?.[Symbol.dispose]());

async function openLaboratory(): Promise<Laboratory> {
  return (laboratory ??= await Laboratory.open(new AbortController().signal));
}

function freshTrials(first: number, count: number, { programs }: Laboratory): readonly Trial[] {
  return Array.from({ length: count }, (_, index) => {
    const subject = makeSubject(first + index, programs);
    return { subject, edits: new Map([[0, editsOf(subject, 0, programs)]]) };
  });
}

machineTest(`restoring after an edit gives what running from scratch gives${skipped}`, async (t) => {
  const lab = await openLaboratory();
  const first = Math.floor(Date.now() / 1000);
  const report = await runBatch(lab, [...knownTrials(), ...freshTrials(first, FRESH_SEEDS, lab)]);
  t.deepEqual(report.failures.map(describeFailure), []);
  // Whatever the seeds are: the known ones come to every depth.
  t.deepEqual(
    report.restored.filter((count) => count === 0),
    [],
  );
});

machineTest(`a key without what was read is found out to be wrong${skipped}`, async (t) => {
  const lab = await openLaboratory();
  const report = await runBatch(lab, freshTrials(1, FRESH_SEEDS, lab), { broken: 'content' });
  t.true(report.failures.length > 0);
});
