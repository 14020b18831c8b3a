import test from 'ava';

import { ORACLE_EVERYWHERE } from './oracle-switch.ts';

/*
 * Loaded before each test file (ava.config.js). In `npm run test:oracle`, whatever a test saves is compared with the memory of the
 * machine that was saved, also where the test does not look at that.
 */
if (ORACLE_EVERYWHERE) {
  const { takeVerdicts, watchSaves } = await import('./memory-oracle.ts');
  watchSaves();
  test.afterEach.always((t) => {
    const verdicts = takeVerdicts();
    if (verdicts.length > 0) t.log(`the oracle looked at ${verdicts.length} saves`);
    t.deepEqual(verdicts.flat(), [], 'pages that a save got wrong');
  });
}
