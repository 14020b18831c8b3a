import test from 'ava';

import { fuzzGuest } from './guest-fuzz/fuzz-guest.ts';

test('20,000 messages of a hostile guest crash, hang and leak nothing, and honest ones between them are answered', async (t) => {
  t.timeout(300_000);
  const figures = await fuzzGuest({ seed: 20_251, messages: 20_000, sendsAhead: false });
  t.true(figures.messages >= 20_000);
  t.true(figures.connections > 5, 'connections were broken off and made again');
  for (const operation of ['lookup', 'getattr', 'read', 'readdirplus', 'forget', 'unknown'])
    t.true((figures.served[operation] ?? 0) > 100, operation);
  t.regex(figures.trouble ?? '', /file system message of/, 'a step with messages of impossible lengths is not kept');
});

test('5,000 of them to a host that sends ahead: what the guest says that it used and was never sent is not believed', async (t) => {
  t.timeout(300_000);
  const figures = await fuzzGuest({ seed: 20_251, messages: 5000 });
  t.true(figures.messages >= 5000);
  t.is(figures.trouble, 'The guest noted the use of what it was not sent', 'such a step is not kept');
});
