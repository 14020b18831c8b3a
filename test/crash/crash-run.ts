/**
 * `npm run crash:run -- [--kills N] [--seed S] [--minutes M]`: real machines. A small Layerfile is run again and again with an
 * edit between; at a random instant of a run the command line (SIGKILL), or QEMU alone, is killed. After each kill the next run
 * must give the right output, every snapshot must be whole, and nothing may be left: no QEMU, no temporary file.
 */
import { parseArgs } from 'node:util';

import { KilledRuns } from './killed-runs.ts';
import { randomFrom } from './sample.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
  },
});

using runs = await KilledRuns.prepare(randomFrom(Number(values.seed)));
const endMs = performance.now() + Number(values.minutes) * 60_000;
const outcomes = new Map<string, number>();
let [kills, wrong] = [0, 0];
while (kills < Number(values.kills) && performance.now() < endMs) {
  const { what, complaint } = await runs.once();
  kills++;
  outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  if (complaint === null) continue;
  wrong++;
  console.log(`WRONG after kill ${kills} (${what}): ${complaint}`);
}
for (const [what, count] of [...outcomes].sort()) console.log(`${what}: ${count}`);
console.log(`${kills} kills, seed ${values.seed}, ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
