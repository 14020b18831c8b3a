/**
 * `npm run check:postgres [-- --restores 20]`: a machine with a running PostgreSQL, in which a client has a transaction
 * open, is restored again and again. Each restore must go on where the machine was: the client ends its transaction, as it is
 * told, on the connection that it has; others see then what they should; and the database passes its own checks, running
 * and stopped. Installing it takes some minutes without hardware acceleration. Ends with 1 where anything is wrong.
 */
import { parseArgs } from 'node:util';

import { outcomes, outputOf, resultOf, type Run, stepOf } from '../project.ts';
import { databaseProject } from './database-project.ts';
import { contradictions, type Ending } from './told.ts';

const LAST_STEP = 12;
const ALL_BUT_LAST = `${'restored '.repeat(LAST_STEP - 1)}ran`;

const { values } = parseArgs({ options: { restores: { type: 'string', default: '20' } } });
const restores = Number(values.restores);

using project = databaseProject('COPY continue.sh restore.txt .\nRUN bash continue.sh restore.txt\n', ['continue.sh']);

// The machine from which it is restored afterwards, and a first go.
const setUp = await go(0, 'COMMIT', 'restored ran ran ran ran ran ran ran ran ran ran ran');
console.log(`set-up: ${seconds(resultOf(setUp).durationMs)}`);
const backend = contradictions(outputOf(setUp, LAST_STEP), 0, 'COMMIT').backend;
const restoreTimes: number[] = [];
const runTimes: number[] = [];
for (let number = 1; number <= restores; number++) {
  const ending = number % 2 === 0 ? 'COMMIT' : 'ROLLBACK';
  const run = await go(number, ending, ALL_BUT_LAST, backend);
  restoreTimes.push(stepOf(run, LAST_STEP).restoreMs ?? Number.NaN);
  runTimes.push(resultOf(run).durationMs);
  console.log(`restore ${number}: ${ending.toLowerCase()}, ${restoreTimes.at(-1)?.toFixed(0)} ms to running`);
}
console.log(
  `${restores} of ${restores} restores went on correctly: ${median(restoreTimes).toFixed(0)} ms to running, ` +
    `${seconds(median(runTimes))} with all checks (medians)`,
);

/** One run whose last step ends the transaction. Throws where it did not do as it should. */
async function go(number: number, ending: Ending, expected: string, sameBackend?: string): Promise<Run> {
  project.write('restore.txt', `${number} ${ending}\n`);
  const run = await project.run();
  const printed = outputOf(run, LAST_STEP);
  const problems = contradictions(printed, number, ending, sameBackend).problems;
  if (outcomes(run) !== expected) problems.unshift(`the steps were "${outcomes(run)}", not "${expected}"`);
  if (problems.length > 0) throw new Error(`restore ${number}: ${problems.join('; ')}\n${run.stderr}\n${printed}`);
  return run;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
