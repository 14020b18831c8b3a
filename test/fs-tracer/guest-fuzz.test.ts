import test from 'ava';

import { fuzzGuest } from './guest-fuzz/fuzz-guest.ts';

test('20,000 messages of a hostile guest crash, hang and leak nothing, and honest ones between them are answered', async (t) => {
  t.timeout(300_000);
  const figures = await fuzzGuest({ seed: 20_251, messages: 20_000 });
  t.true(figures.messages >= 20_000);
  t.true(figures.connections > 5, 'connections were broken off and made again');
  for (const operation of ['lookup', 'getattr', 'read', 'readdirplus', 'forget', 'unknown'])
    t.true((figures.served[operation] ?? 0) > 100, operation);
  t.regex(
    figures.trouble ?? '',
    /file system message of|use of what it was not sent/,
    'a step with messages of impossible lengths is not kept',
  );
});
