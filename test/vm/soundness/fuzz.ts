/**
 * Looks for edits of a workspace after which restoring is not the same as running from scratch:
 * `npm run fuzz:soundness -- --seed 1 --cases 1000`. Each seed is a small workspace with programs of three steps, each case one
 * of its edits. Ends with 1, and what each failing case does, where one fails. The same seed gives the same cases;
 * `--seed S --edit E --cases 1` gives one again.
 */
import { parseArgs } from 'node:util';

import type { ObservationKind } from '../../../fs-tracer/index.ts';
import { type BatchReport, runBatch, type Trial } from './batch.ts';
import { describeFailure } from './describe-failure.ts';
import { Laboratory } from './laboratory.ts';
import { shrink } from './shrink.ts';
import { editsOf, makeSubject, STEPS } from './soundness-case.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    cases: { type: 'string', default: '1000' },
    // Edits of each seed, and the number of the first one.
    edits: { type: 'string', default: '3' },
    edit: { type: 'string', default: '0' },
    // Seeds that share machines.
    batch: { type: 'string', default: '150' },
    // No new batch begins after so many minutes.
    minutes: { type: 'string', default: '1000' },
    // Leaves observations of this kind out of the keys: then it must fail.
    break: { type: 'string' },
  },
});
const [seed, cases, firstEdit] = [Number(values.seed), Number(values.cases), Number(values.edit)];
const edits = Math.min(Number(values.edits), cases);
const seeds = Math.ceil(cases / edits);
const started = performance.now();
const totals = { cases: 0, repeated: 0, failures: 0, restored: Array.from({ length: STEPS + 1 }, () => 0) };

console.log(`${seeds * edits} cases: --seed ${seed}, ${seeds} seeds with ${edits} edits each`);
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
using laboratory = await Laboratory.open(interrupted.signal);
for (let done = 0; done < seeds && minutes() < Number(values.minutes); done += Number(values.batch)) {
  const size = Math.min(Number(values.batch), seeds - done);
  const trials = Array.from({ length: size }, (_, index) => makeTrial(seed + done + index));
  const report = await runBatch(laboratory, trials, { broken: values.break as ObservationKind | undefined });
  for (const failure of report.failures) console.log(describeFailure(failure));
  add(report);
  const [first] = report.failures;
  const small = first === undefined || values.break !== undefined ? null : await shrink(laboratory, first);
  if (small !== null) console.log(`The first of these, made smaller:\n${describeFailure(small)}`);
  console.log(progress(seed + done + size - 1));
}
if (totals.failures > 0) process.exitCode = 1;

function makeTrial(ofSeed: number): Trial {
  const subject = makeSubject(ofSeed, laboratory.programs);
  const numbers = Array.from({ length: edits }, (_, index) => firstEdit + index);
  return { subject, edits: new Map(numbers.map((number) => [number, editsOf(subject, number, laboratory.programs)])) };
}

function add(report: BatchReport): void {
  totals.cases += report.cases;
  totals.repeated += report.repeated;
  totals.failures += report.failures.length;
  for (const [steps, count] of report.restored.entries())
    totals.restored[steps] = (totals.restored[steps] ?? 0) + count;
}

function progress(lastSeed: number): string {
  const byDepth = totals.restored.map((count, steps) => `${count} from step ${steps + 1}`).slice(0, STEPS);
  return [
    `${totals.cases} cases to seed ${lastSeed} in ${minutes().toFixed(1)} min (${Math.round((totals.cases / minutes()) * 60)} an hour)`,
    `${totals.restored[STEPS] ?? 0} restored; run: ${byDepth.join(', ')}; ${totals.repeated} repeated`,
    `${totals.failures} failures`,
  ].join('; ');
}

function minutes(): number {
  return (performance.now() - started) / 60_000;
}
