/**
 * `npm run check:split`: a machine with a running PostgreSQL, in which a client has a transaction open, is split into three.
 * In each the client ends its transaction on the connection that it has, writes rows that only that copy has, and the
 * database passes its own checks; the copies have numbers, machine-ids and host names of their own. Says what of the host's
 * memory each machine had, and its share of that (proportional set size, proc(5)). Installing the database takes some minutes
 * without hardware acceleration. Ends with 1 where anything is wrong.
 */
import { type Run, stepOf } from '../project.ts';
import { databaseProject } from './database-project.ts';

const COPIES = [0, 1, 2];
/** What `begin.sh` and the copies' common start leave, one row of the client, and ten for each number of the copy and one. */
const SHARED_ROWS = 21_000;
using project = databaseProject(`COPY split.sh .\nSPLIT ${COPIES.length}\nRUN bash split.sh\n`, ['split.sh']);

const run = await project.run();
if (run.exitCode !== 0) throw new Error(`The run failed:\n${run.stdout}${run.stderr}`);
const problems = COPIES.flatMap((copy) => contradictions(printedBy(run, copy), copy));
const names = COPIES.map((copy) => /on (\w{32}) named (\S+)$/m.exec(printedBy(run, copy)));
for (const part of [1, 2])
  if (new Set(names.map((name) => name?.[part])).size < COPIES.length) problems.push('two copies have one name');
for (const event of run.events) {
  if (event.event === 'machine' && event.phase === 'end')
    console.log(
      `a machine of ${event.memoryMib} MiB: ${event.residentMib} MiB resident, its share ${event.proportionalMib} MiB`,
    );
}
const again = await project.run();
if (again.machines > 0) problems.push(`the unchanged run started ${again.machines} machines`);
console.log(`SPLIT itself: ${(stepOf(run, 12).durationMs / 1000).toFixed(1)} s; ${run.machines} machines in all`);
console.log(problems.length === 0 ? `${COPIES.length} copies, each right` : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;

function printedBy({ events }: Run, copy: number): string {
  return events
    .filter((event) => event.event === 'output')
    .filter((event) => event.copy === copy)
    .map(({ text }) => text)
    .join('');
}

function contradictions(printed: string, copy: number): string[] {
  const rows = SHARED_ROWS + 1 + (copy + 1) * 10;
  const expected = [
    new RegExp(`^copy ${copy} of ${COPIES.length} on `, 'm'),
    new RegExp(`^ended ${copy} 500 \\d+$`, 'm'),
    new RegExp(`^rows ${rows}, of copies: copy ${copy}$`, 'm'),
    /^checked$/m,
  ];
  return expected
    .filter((line) => !line.test(printed))
    .map((line) => `copy ${copy} did not print ${line.source}:\n${printed}`);
}
