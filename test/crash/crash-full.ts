/**
 * `npm run crash:full -- [--times N] [--seed S] [--minutes M]`: real machines, root only. A home lies on a small disk of its own, which is filled
 * to the last byte (or almost) at random instants of runs. Each run must end with exit code 3 and a word that says so, or be built, with a
 * warning where a step that ran left no snapshot. When there is room again, the next run must give the right output, every snapshot
 * be whole, and no file be left.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Run } from '../e2e/project.ts';
import { SmallDisk } from '../e2e/small-disk.ts';
import { complaintAbout, complaintOf, CrashProject } from './crash-project.ts';
import { PointLog } from './point-log.ts';
import { randomFrom } from './sample.ts';
import { expect } from './scenario.ts';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
  },
});
const DISK_MIB = 800;
/** What is left when it is full: nothing, or room for a part of what is to be written. */
const FREE_MIB = [0, 0, 1, 3];

const random = randomFrom(Number(values.seed));
const outcomes = new Map<string, number>();
let [times, wrong] = [0, 0];

using made = new CrashProject(random);
using disk = SmallDisk.under(made.project.home, DISK_MIB);
const logs = join(made.folder, 'points');
mkdirSync(logs);
// Else upkeep would make room, and what a run may say depend on when.
process.env['LAYER_UPKEEP'] = 'off';
await made.warmUp();
const beganMs = performance.now();
while (times < Number(values.times) && performance.now() - beganMs < Number(values.minutes) * 60_000) await once();
for (const [what, count] of [...outcomes].sort()) console.log(`${what}: ${count}`);
const minutes = ((performance.now() - beganMs) / 60_000).toFixed(1);
console.log(`${times} full disks, seed ${values.seed}, ${minutes} minutes, ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;

async function once(): Promise<void> {
  const steps = made.any([1, 2, 2, 3, 3]);
  made.edit(steps);
  using log = new PointLog(join(logs, 'run'));
  const began = performance.now();
  const started = made.project.start(['run', '--json'], undefined, log.environment());
  const ended = started.ended.then(() => true);
  if (await Promise.race([made.instant(steps, log, started.pid).then(() => false), ended])) {
    made.learn(steps, performance.now() - began);
    return;
  }
  const stage = log.passedBy(started.pid).at(-1) ?? 'its start';
  disk.fillTo(made.any(FREE_MIB));
  const run = await started.ended;
  times++;
  const what = `full after ${stage}: ${endOf(run)}`;
  outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  const complaint = complaintAbout(run) ?? (await complaintAfterwards(run));
  disk.empty();
  if (complaint !== null) wrong++;
  console.log(`${times} ${what}${complaint === null ? '' : `: WRONG: ${complaint}`}`);
}

function endOf({ exitCode, events }: Run): string {
  const isWarned = events.some((event) => event.event === 'warning');
  return `exit code ${exitCode ?? ''}${isWarned ? ', warned' : ''}`;
}

async function complaintAfterwards(run: Run): Promise<string | null> {
  try {
    if (run.exitCode === 3) expect(run.stderr.includes('hint: '), `it says what to do: ${run.stderr}`);
    else made.expectRight(run);
    disk.empty();
    await made.untilNobodyIsLeft();
    await made.checkedRun();
    await made.expectWhole(false);
    return null;
  } catch (error) {
    return complaintOf(error);
  }
}
