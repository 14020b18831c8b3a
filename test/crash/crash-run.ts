/**
 * `npm run crash:run -- [--kills N] [--seed S] [--minutes M] [--points]`: real machines. A small Layerfile is run again and again with an
 * edit between; at a random instant of a run the command line (SIGKILL), or QEMU alone, is killed. After each kill the next run
 * (`--points`: first, at each fault point, both are) must give the right output, every snapshot must be whole, and nothing may be left: no QEMU, no temporary file.
 */
import { parseArgs } from 'node:util';

import type { FaultPoint } from '../../util/fault-point.ts';
import { type Blow, KilledRuns } from './killed-runs.ts';
import { randomFrom } from './sample.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    points: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
  },
});

/** Of a run that is not hurt; what removes snapshots is hit by `crash:store`. */
const POINTS: readonly FaultPoint[] = [
  'begin:noted',
  'restore:disk-made',
  'restore:qemu-started',
  'restore:memory-written',
  'restore:devices-loaded',
  'restore:running',
  'save:stopped',
  'save:disk-continued',
  'save:state-written',
  'save:running',
  'publish:files-synced',
  'publish:manifest-written',
  'publish:visible',
  'discard:files-removed',
];

using runs = await KilledRuns.prepare(randomFrom(Number(values.seed)));
const endMs = performance.now() + Number(values.minutes) * 60_000;
const outcomes = new Map<string, number>();
let [kills, wrong] = [0, 0];
if (values.points) {
  for (const point of POINTS) for (const target of ['layer', 'QEMU'] as const) count(await runs.at(point, target));
}
while (kills < Number(values.kills) && performance.now() < endMs) count(await runs.once());
for (const [what, count] of [...outcomes].sort()) console.log(`${what}: ${count}`);
console.log(`${kills} kills, seed ${values.seed}, ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);

function count({ what, complaint }: Blow): void {
  kills++;
  outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  if (complaint !== null) wrong++;
  console.log(`${kills} ${what}${complaint === null ? '' : `: WRONG: ${complaint}`}`);
}
