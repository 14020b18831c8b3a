/**
 * `npm run crash:run -- [--kills N] [--seed S] [--minutes M] [--points] [--row R] [--stop]`: real machines. The runs of a small Layerfile
 * are killed (the command line, or QEMU alone), and the upkeep of what they store (squashing, packing, evicting), alone or beside a run;
 * at random instants of all of a run, half of them within milliseconds of a fault point. After at most R kills in a row (8) nobody may be left, the
 * next run must give the right output on what the killed ones saved, every snapshot must be whole, and after a prune no file may
 * be left that nobody needs. `--points`: first, each of them is killed at each fault point. `--stop`: at the first that is wrong, and leaves all as it is.
 */
import { parseArgs } from 'node:util';

import type { FaultPoint } from '../../util/fault-point.ts';
import { type Blow, KilledRuns, type Target } from './killed-runs.ts';
import { randomFrom } from './sample.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    points: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
    row: { type: 'string', default: '8' },
    stop: { type: 'boolean', default: false },
  },
});

/** Of a run while it has a machine. */
const POINTS_WITH_MACHINE: readonly FaultPoint[] = [
  'begin:noted',
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
];
const POINTS_OF_UPKEEP: readonly FaultPoint[] = [
  'begin:noted',
  'squash:files-synced',
  'squash:announced',
  'squash:renamed',
  'squash:visible',
  'discard:files-removed',
  'pack:manifest-written',
  'pack:plain-removed',
  'evict:buried',
  'evict:manifest-removed',
];
const POINTS: readonly (readonly [FaultPoint, Target])[] = [
  ...(['restore:disk-made', 'discard:files-removed'] as const).map((point) => [point, 'layer'] as const),
  ...POINTS_WITH_MACHINE.flatMap((point) => [[point, 'layer'] as const, [point, 'QEMU'] as const]),
  ...POINTS_OF_UPKEEP.map((point) => [point, 'upkeep'] as const),
];
/** Kills after which every byte is read again, and not only what was written since. */
const THOROUGH_EVERY = 100;

const random = randomFrom(Number(values.seed));
const runs = await KilledRuns.prepare(random);
const beganMs = performance.now();
const endMs = beganMs + Number(values.minutes) * 60_000;
const outcomes = new Map<string, number>();
let [kills, checks, wrong, thoroughAt] = [0, 0, 0, THOROUGH_EVERY];

if (values.points) {
  for (const [point, target] of POINTS) {
    if (isOver()) break;
    count([await runs.strikeAt(point, target)]);
    // The next upkeep needs what a run leaves.
    await look();
  }
}
while (kills < Number(values.kills) && !isOver()) {
  const row = 1 + Math.floor(random() * Number(values.row));
  for (const end = kills + row; kills < end; ) count(await runs.strike());
  await look();
}
for (const [what, count] of [...outcomes].sort()) console.log(`${what}: ${count}`);
const minutes = ((performance.now() - beganMs) / 60_000).toFixed(1);
console.log(`${kills} kills, ${checks} checks, seed ${values.seed}, ${minutes} minutes, ${wrong} wrong`);
if (values.stop && wrong > 0) console.log(`All is as it was in ${runs.folder}`);
else runs[Symbol.dispose]();
process.exit(wrong === 0 ? 0 : 1);

function isOver(): boolean {
  return performance.now() > endMs || (values.stop && wrong > 0);
}

function count(blows: readonly Blow[]): void {
  for (const { what, complaint } of blows) {
    kills++;
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    if (complaint !== null) wrong++;
    console.log(`${seconds()} ${kills} ${what}${complaint === null ? '' : `: WRONG: ${complaint}`}`);
  }
}

function seconds(): string {
  return `${((performance.now() - beganMs) / 1000).toFixed(1)} s`;
}

async function look(): Promise<void> {
  const thorough = kills >= thoroughAt;
  if (thorough) thoroughAt = kills + THOROUGH_EVERY;
  const complaint = await runs.check({ thorough });
  checks++;
  console.log(`${seconds()} looked after`);
  if (complaint === null) return;
  wrong++;
  console.log(`${kills} WRONG afterwards: ${complaint}`);
}
