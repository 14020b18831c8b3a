import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import test from 'ava';

import { machineObstacle, Scratch, sharedBase } from '../../helpers/shared-base.ts';
import { CaseBatch, shownObservation, shownObservations } from './case-batch.ts';
import { FILE_ROWS } from './file-cases.ts';
import { linkRow } from './link-cases.ts';
import { LOOK_ROWS } from './look-cases.ts';
import { READ_ROWS, TIMES_ROW } from './read-cases.ts';
import { STEP_ROWS } from './step-cases.ts';
import { toolRow } from './tool-cases.ts';
import { WRITE_ROWS } from './write-cases.ts';
import type { Edit, TracingCase } from './tracing-case.ts';

const scratch = new Scratch();
const secret = join(scratch.folder, 'secret');
const ROWS = [
  ...LOOK_ROWS,
  linkRow(secret),
  TIMES_ROW,
  ...READ_ROWS,
  ...FILE_ROWS,
  ...WRITE_ROWS,
  toolRow(),
  ...STEP_ROWS,
];
const CASES = ROWS.flatMap(({ cases }) => cases);
const obstacle = machineObstacle();
const machineTest = obstacle === null ? test.serial : test.serial.skip;
const why = obstacle === null ? '' : ` (skipped: ${obstacle})`;

let batch: CaseBatch;

test.before(async () => {
  if (obstacle !== null) return;
  const root = join(scratch.folder, 'workspace');
  mkdirSync(root);
  writeFileSync(secret, 'of the host alone\n');
  batch = await CaseBatch.run(await sharedBase(), scratch, CASES, root);
  if (process.env['SHOW'] !== undefined)
    for (const each of CASES)
      for (const [i, s] of batch.tracesOf(each).entries())
        console.log(each.name, i + 1, JSON.stringify(s.printed), JSON.stringify(shownObservations(each, s.observed)));
});
test.after.always(() => {
  batch?.dispose();
  scratch[Symbol.dispose]();
});

for (const { title, cases } of ROWS) {
  machineTest(`${title}${why}`, (t) => {
    for (const each of cases) {
      expectTraces(t, each);
      expectVerdict(t, each, { what: 'nothing was edited', make: () => undefined, then: 'holds' });
      for (const edit of each.edits) expectVerdict(t, each, edit);
    }
  });
}

function expectTraces(t: ExecutionContext, each: TracingCase): void {
  const traces = batch.tracesOf(each);
  for (const [index, { prints, observes }] of each.steps.entries()) {
    const { printed = '', observed = [] } = traces[index] ?? {};
    const where = `${each.name}, step ${index + 1}, printed ${JSON.stringify(printed)}`;
    if (typeof prints === 'string') t.is(printed, prints, where);
    else if (prints !== undefined) t.regex(printed, prints, where);
    t.deepEqual(shownObservations(each, observed), [...observes].sort(), where);
  }
}

function expectVerdict(t: ExecutionContext, each: TracingCase, { what, make, then, restores = 0 }: Edit): void {
  make(batch.rebuild(each));
  const { restored, miss } = batch.verdict(each);
  const because = miss?.reason === 'changed' ? shownObservation(each.name, miss) : (miss?.reason ?? 'holds');
  t.is(because, then, `${each.name}: ${what}`);
  t.is(restored, then === 'holds' ? each.steps.length : restores, `${each.name}: ${what}`);
}
