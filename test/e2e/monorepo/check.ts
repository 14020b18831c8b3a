/**
 * `npm run check:monorepo [-- --edits library,base]`: makes each of the prepared edits of `examples/monorepo` (edits.ts), or those
 * whose description has one of these words, and builds it in real machines. Exactly the steps must run that are written
 * down for it, as the plan has said before; and once the edit is undone, none. Takes 5 minutes without hardware acceleration.
 * Ends with 1 where anything is wrong.
 */
import { parseArgs } from 'node:util';

import { Project, resultOf, type Run } from '../project.ts';
import { EDITS } from './edits.ts';
import { sharedAsOne, stepsThat } from './told-steps.ts';

const { values } = parseArgs({ options: { edits: { type: 'string', default: '' } } });
const words = values.edits.split(',');

using project = Project.ofExample('monorepo');
const first = await build();
console.log(`first run: ${stepsThat(first, 'ran').length} steps, ${seconds(first)}, ${first.machines} machines`);
let wrong = 0;
for (const { what, apply, affects } of EDITS.filter((edit) => words.some((word) => edit.what.includes(word)))) {
  apply(project);
  const plan = await project.start(['plan', '--json']).ended;
  const run = await build();
  project.undo();
  const after = await build();
  const problems = [
    ...difference('the plan', stepsThat(plan, 'would-run'), affects),
    ...difference('the run', sharedAsOne(stepsThat(run, 'ran')), sharedAsOne(affects)),
    ...difference('the run after undoing it', stepsThat(after, 'ran'), []),
  ];
  wrong += problems.length;
  console.log(`${what}: ${affects.length} steps, ${seconds(run)}, ${run.machines} machines`);
  for (const problem of problems) console.log(`  ${problem}`);
}
process.exitCode = wrong === 0 ? 0 : 1;

/** Throws where it failed. */
async function build(): Promise<Run> {
  const run = await project.run();
  if (run.exitCode !== 0) throw new Error(`The run failed:\n${run.stdout}${run.stderr}`);
  return run;
}

function difference(whose: string, found: readonly string[], expected: readonly string[]): readonly string[] {
  const missing = expected.filter((step) => !found.includes(step));
  const surplus = found.filter((step) => !expected.includes(step));
  return [
    ...(missing.length > 0 ? [`${whose} lacks ${missing.join(', ')}`] : []),
    ...(surplus.length > 0 ? [`${whose} has ${surplus.join(', ')}`] : []),
  ];
}

function seconds(run: Run): string {
  return `${(resultOf(run).durationMs / 1000).toFixed(1)} s`;
}
