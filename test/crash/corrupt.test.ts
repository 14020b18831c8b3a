import test from 'ava';

import { DamagedHome } from './damaged-home.ts';
import { randomFrom, sampleOf } from './sample.ts';

/** `npm run crash:corrupt` tries all of them, and more. */
const SAMPLE = 50;
const SEED = 3;

test('whichever file of a home is damaged, the next run gives what it would have given', async (t) => {
  using home = new DamagedHome();
  await home.prepare();
  for (const damage of sampleOf(home.damages(2, randomFrom(SEED)), SAMPLE, SEED))
    t.is(await home.try(damage), null, `${damage.file}, ${damage.what}`);
});
