import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import test from 'ava';

import { machineObstacle, Scratch, sharedBase } from '../../helpers/shared-base.ts';
import { CaseBatch, shownObservation, shownObservations } from './case-batch.ts';
import { FILE_ROWS } from './file-cases.ts';
import { linkRow } from './link-cases.ts';
import { LOOK_ROWS, UNSEEN } from './look-cases.ts';
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
const CASES = [...ROWS, UNSEEN].flatMap(({ cases }) => cases);
const obstacle = machineObstacle();
const machineTest = obstacle === null ? test.serial : test.serial.skip;
const why = obstacle === null ? '' : ` (skipped: ${obstacle})`;

let cases: CaseBatch | undefined;

/** Of the machine in which all cases ran. */
function ran(): CaseBatch {
  if (cases === undefined) throw new Error('The cases did not run');
  return cases;
}

test.before(async () => {
  if (obstacle !== null) return;
  const root = join(scratch.folder, 'workspace');
  mkdirSync(root);
  writeFileSync(secret, 'of the host alone\n');
  cases = await CaseBatch.run(await sharedBase(), scratch, CASES, root);
});
test.after.always(() => {
  cases?.dispose();
  scratch[Symbol.dispose]();
});

for (const { title, cases } of ROWS) machineTest(`${title}${why}`, (t) => cases.forEach((each) => expectCase(t, each)));
// Known, and said in docs/correctness.md.
const failing = obstacle === null ? test.serial.failing : test.serial.skip;
failing(`${UNSEEN.title}${why}`, (t) => UNSEEN.cases.forEach((each) => expectCase(t, each)));

machineTest(`nothing that guests do reaches the workspace${why}`, (t) => {
  t.false(ran().wroteToWorkspace);
});

machineTest(`every case holds after everything was touched, and in a copy elsewhere${why}`, (t) => {
  for (const each of CASES) retouch(ran().rebuild(each).root);
  const copy = join(scratch.folder, 'copy');
  execFileSync('cp', ['-a', ran().root, copy]);
  for (const root of [ran().root, copy])
    for (const each of CASES) t.is(ran().verdict(each, root).restored, each.steps.length, `${each.name} in ${root}`);
});

/** Other times for everything, and another owner where that is allowed. */
function retouch(folder: string): void {
  if (process.getuid?.() === 0) execFileSync('chown', ['-hR', '4321:4321', folder]);
  execFileSync('find', [folder, '-exec', 'touch', '-h', '-d', '2001-09-09', '{}', '+']);
}

function expectCase(t: ExecutionContext, each: TracingCase): void {
  expectTraces(t, each);
  expectVerdict(t, each, { what: 'nothing was edited', make: () => undefined, then: 'holds' });
  for (const edit of each.edits) expectVerdict(t, each, edit);
}

function expectTraces(t: ExecutionContext, each: TracingCase): void {
  const traces = ran().tracesOf(each);
  for (const [index, { prints, observes }] of each.steps.entries()) {
    const { printed = '', observed = [] } = traces[index] ?? {};
    const where = `${each.name}, step ${index + 1}, printed ${JSON.stringify(printed)}`;
    if (typeof prints === 'string') t.is(printed, prints, where);
    else if (prints !== undefined) t.regex(printed, prints, where);
    t.deepEqual(shownObservations(each, observed), [...observes].sort(), where);
  }
}

function expectVerdict(t: ExecutionContext, each: TracingCase, { what, make, then, restores = 0 }: Edit): void {
  make(ran().rebuild(each));
  const { restored, miss } = ran().verdict(each);
  const because = miss?.reason === 'changed' ? shownObservation(each.name, miss) : (miss?.reason ?? 'holds');
  t.is(because, then, `${each.name}: ${what}`);
  t.is(restored, then === 'holds' ? each.steps.length : restores, `${each.name}: ${what}`);
}
