import test from 'ava';

import { CrashLab } from './crash-lab.ts';
import { sampleOf } from './sample.ts';
import { SCENARIOS } from './scenarios/all.ts';

/** `npm run crash:store` tries all of them. */
const CASES_EACH = 2;
const SEED = 5;

const lab = CrashLab.open();
test.after.always(() => lab?.[Symbol.dispose]());

for (const scenario of SCENARIOS) {
  const title = `wherever a disk fails or a process is killed amid "${scenario.name}", it can be done again and nothing is broken`;
  if (lab === null) {
    test.serial.skip(`${title} (skipped: no C compiler for the C library of Node)`, () => undefined);
    continue;
  }
  test.serial(title, async (t) => {
    for (const each of sampleOf(await lab.casesOf(scenario), CASES_EACH, SEED)) {
      t.is(await lab.try(each), null, `${each.fault.name} at call ${each.fault.at}`);
    }
  });
}
