/**
 * Feeds the parser random edits of real and generated files: `npm run fuzz:grammar -- --cases 100000 --seed 1`. Ends with 1,
 * and the smallest failing text that was found, where one is parsed wrongly. The same seed gives the same cases.
 */
import { parseArgs } from 'node:util';

import fc from 'fast-check';

import { fuzzText, realLayerfiles } from './fuzz-text.ts';
import { unsoundness } from './soundness.ts';

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const cases = Number(values.cases);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const real = realLayerfiles();
console.log(`${cases} cases from ${real.length} real files and generated ones, --seed ${seed}`);

const started = performance.now();
let [characters, slowestMs, done] = [0, 0, 0];
const property = fc.property(fuzzText(real), (source) => {
  const began = performance.now();
  const problem = unsoundness(source);
  slowestMs = Math.max(slowestMs, performance.now() - began);
  characters += source.length;
  done += 1;
  if (done % 10_000 === 0) console.log(`${done} cases, ${seconds()} s`);
  if (problem !== undefined) throw new Error(problem);
});
const { failed, counterexample, errorInstance } = fc.check(property, { numRuns: cases, seed });

console.log(
  `${done} cases, ${(characters / 1e6).toFixed(1)} million characters in ${seconds()} s; the slowest took ${slowestMs.toFixed(1)} ms`,
);
if (failed) {
  console.log(`failed: ${String(errorInstance)}\n${JSON.stringify(counterexample?.[0])}`);
  process.exitCode = 1;
}

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}
