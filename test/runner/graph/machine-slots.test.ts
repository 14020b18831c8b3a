import test from 'ava';
import fc from 'fast-check';

import { CountedSlots, type Slot } from '../../../runner/graph/machine-slots.ts';

const NEVER = new AbortController().signal;

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

test('a slot is free at once where there is room, and one that has to be waited for says so', async (t) => {
  const slots = new CountedSlots({ jobs: 1, memoryMib: 1024 });
  let waits = 0;
  const wish = {
    memoryMib: 512,
    priority: 0,
    signal: NEVER,
    onWait: () => {
      waits++;
    },
  };
  const first = await slots.take(wish);
  t.is(waits, 0);
  const second = slots.take(wish);
  t.is(waits, 1);
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
});

test('the longest way goes first, and of equal ones the first to come', async (t) => {
  const slots = new CountedSlots({ jobs: 1, memoryMib: 1024 });
  const order: string[] = [];
  const take = async (name: string, priority: number): Promise<void> => {
    using _slot = await slots.take({ memoryMib: 1, priority, signal: NEVER, onWait: () => undefined });
    order.push(name);
  };
  await Promise.all([take('running', 0), take('short', 1), take('long', 9), take('long too', 9)]);
  t.deepEqual(order, ['running', 'long', 'long too', 'short']);
});

test('who is cancelled while waiting leaves, and takes nothing along', async (t) => {
  const slots = new CountedSlots({ jobs: 1, memoryMib: 1024 });
  const wish = { memoryMib: 1024, priority: 0, signal: NEVER, onWait: () => undefined };
  const first = await slots.take(wish);
  const controller = new AbortController();
  const cancelled = slots.take({ ...wish, signal: controller.signal });
  controller.abort(new Error('Ctrl-C'));
  await t.throwsAsync(cancelled, { message: 'Ctrl-C' });
  const next = slots.take(wish);
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});

test('a machine that is larger than all memory runs alone', async (t) => {
  const slots = new CountedSlots({ jobs: 4, memoryMib: 1024 });
  const wish = { priority: 0, signal: NEVER, onWait: () => undefined };
  const large = await slots.take({ ...wish, memoryMib: 4096 });
  const waiting: Slot[] = [];
  const small = slots.take({ ...wish, memoryMib: 1 }).then((slot) => waiting.push(slot));
  await settle();
  t.deepEqual(waiting, []);
  large[Symbol.dispose]();
  await small;
});

test('whatever is asked for: no limit is passed, and everybody has a turn', async (t) => {
  const machine = fc.record({ memoryMib: fc.integer({ min: 1, max: 3000 }), priority: fc.integer({ min: 0, max: 3 }) });
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(machine, { minLength: 1, maxLength: 20 }),
    async (jobs, machines) => {
      const slots = new CountedSlots({ jobs, memoryMib: 2048 });
      const running = new Set<{ readonly memoryMib: number }>();
      const run = async (each: (typeof machines)[number]): Promise<void> => {
        using _slot = await slots.take({ ...each, signal: NEVER, onWait: () => undefined });
        running.add(each);
        const memory = [...running].reduce((sum, { memoryMib }) => sum + memoryMib, 0);
        t.true(running.size <= jobs && (running.size === 1 || memory <= 2048));
        await settle();
        running.delete(each);
      };
      await Promise.all(machines.map(run));
    },
  );
  await fc.assert(property, { numRuns: 50 });
});

test('of lists of numbers the first that differs says who goes first', async (t) => {
  const slots = new CountedSlots({ jobs: 1, memoryMib: 1024 });
  const order: string[] = [];
  const take = async (name: string, ...priority: number[]): Promise<void> => {
    using _slot = await slots.take({ memoryMib: 1, priority, signal: NEVER, onWait: () => undefined });
    order.push(name);
  };
  await Promise.all([
    take('running'),
    take('younger', 0, -2, 9000),
    take('older', 0, -1, 10),
    take('urgent', 1, -3, 1),
    take('older, longer', 0, -1, 20),
  ]);
  t.deepEqual(order, ['running', 'urgent', 'older, longer', 'older', 'younger']);
});

test('a large machine is overtaken only so often, also where smaller ones never end coming', async (t) => {
  const slots = new CountedSlots({ jobs: 2, memoryMib: 1024 });
  const wish = { priority: 0, signal: NEVER, onWait: () => undefined };
  let small = await slots.take({ ...wish, memoryMib: 512 });
  const has = { large: false };
  const large = slots.take({ ...wish, memoryMib: 1024 }).then((slot) => {
    has.large = true;
    return slot;
  });
  let overtook = 0;
  for (; !has.large && overtook < 100; overtook++) {
    const next = slots.take({ ...wish, memoryMib: 512 });
    await settle();
    small[Symbol.dispose]();
    if (overtook < 16) small = await next;
    else void next.then((slot) => slot[Symbol.dispose]());
    await settle();
  }
  t.is(overtook, 17);
  (await large)[Symbol.dispose]();
});
