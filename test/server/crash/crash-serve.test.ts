import test from 'ava';

import { KilledServer } from './killed-server.ts';

test('a queue that is killed at any instant loses no job, and ends each exactly once', async (t) => {
  using server = new KilledServer(1);
  for (let kill = 0; kill < 5; kill++) await server.kill();
  const { wrong, accepted, states } = await server.finish();
  t.deepEqual(wrong, []);
  t.true(accepted > 0 && states.succeeded > 0);
});
