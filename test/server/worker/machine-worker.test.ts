import { join } from 'node:path';

import test from 'ava';

import { openMachineSlots } from '../../../runner/index.ts';
import { startMachineWorker } from '../../../server/worker/machine-worker.ts';
import type { FromWorker } from '../../../server/worker/messages.ts';
import { YieldingSlots } from '../../../server/worker/yielding-slots.ts';
import { becomesTrue } from '../../helpers/processes.ts';

const PLACE = { repository: '/nowhere', commit: '0', home: '/nowhere', secretsHome: null };
const PROGRAM = { script: join(import.meta.dirname, 'fake-worker.mjs'), args: [], nodeArguments: [] };
const NEVER = new AbortController().signal;

/** A worker that wishes for a machine, gives it back, and ends. */
function wishing(
  slots: Parameters<typeof startMachineWorker>[2]['slots'],
  signal = NEVER,
): { readonly ended: Promise<unknown>; readonly said: FromWorker[] } {
  const said: FromWorker[] = [];
  const work = { kind: 'build', paths: ['wish'], facts: {}, pressed: [], record: null } as const;
  const options = {
    slots,
    priority: 0,
    signal,
    program: PROGRAM,
    onMessage: (message: FromWorker) => said.push(message),
  };
  return { ended: startMachineWorker(PLACE, work, options).ended, said };
}

test('a worker’s wish is granted in its turn, and while it waits others are told that machines are wanted', async (t) => {
  let needs = 0;
  const counted = await openMachineSlots({ jobs: 1, memoryMib: 4096 });
  const slots = new YieldingSlots(counted, () => {
    needs += 1;
    return { [Symbol.dispose]: () => (needs -= 1) };
  });
  const wish = { memoryMib: 1, priority: 0, signal: NEVER, onWait: () => undefined };
  const first = await slots.take(wish);
  t.is(needs, 0);
  const worker = wishing(slots);
  t.true(await becomesTrue(() => needs === 1));
  first[Symbol.dispose]();
  t.deepEqual(await worker.ended, { kind: 'done', exitCode: 0 });
  t.is(needs, 0);
  t.deepEqual(
    worker.said.map(({ type }) => type).filter((type) => type !== 'event'),
    ['wish', 'returned'],
  );
  (await slots.take(wish))[Symbol.dispose]();
});

test('what a worker has not given back when it ends is free again, and a wish that waits is taken back', async (t) => {
  const slots = await openMachineSlots({ jobs: 1, memoryMib: 4096 });
  const wish = { memoryMib: 1, priority: 0, signal: NEVER, onWait: () => undefined };
  const held = await slots.take(wish);
  const controller = new AbortController();
  const worker = wishing(slots, controller.signal);
  t.true(await becomesTrue(() => worker.said.some(({ type }) => type === 'wish')));
  controller.abort(new Error('enough'));
  await worker.ended;
  held[Symbol.dispose]();
  (await slots.take(wish))[Symbol.dispose]();
  t.pass();
});
