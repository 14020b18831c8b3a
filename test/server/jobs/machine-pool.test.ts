import test from 'ava';

import { MachinePool, PERSON_RANK } from '../../../server/jobs/machine-pool.ts';
import type { ToWorker } from '../../../server/worker/messages.ts';
import { CountedSlots } from '../../../runner/graph/machine-slots.ts';

const NEVER = new AbortController().signal;

function pool(jobs = 1): MachinePool {
  return new MachinePool(new CountedSlots({ jobs, memoryMib: 1024 }), () => 1000);
}

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

function worker(of: MachinePool, name: string, ...rank: readonly number[]) {
  const heard: string[] = [];
  const answer = (message: ToWorker): void => {
    if ('wish' in message) heard.push(`${message.type} ${message.wish}`);
  };
  const wishes = of.open({ name, rank }, answer);
  const wish = (number: number, priority = 0): void =>
    wishes.hear({ type: 'wish', wish: number, memoryMib: 512, priority });
  return { heard, wishes, wish };
}

test('machines are granted in the order of ranks, and a worker that ends gives back all it had', async (t) => {
  const all = pool();
  const [first, older, urgent] = [
    worker(all, 'job 1', 0, -1),
    worker(all, 'job 2', 0, -2),
    worker(all, 'job 3', 1, -3),
  ];
  first.wish(1);
  first.wish(2);
  older.wish(1, 9000);
  urgent.wish(7, 1);
  await settle();
  t.deepEqual(first.heard, ['queued 2', 'granted 1']);
  t.true(older.wishes.isWaiting);
  t.deepEqual(
    all.describe().map(({ owner, state }) => `${owner} ${state}`),
    ['job 1 granted', 'job 1 waiting', 'job 2 waiting', 'job 3 waiting'],
  );
  first.wishes[Symbol.dispose]();
  await settle();
  t.deepEqual(urgent.heard, ['queued 7', 'granted 7']);
  t.false(urgent.wishes.isWaiting);
  urgent.wishes.hear({ type: 'returned', wish: 7 });
  urgent.wishes.hear({ type: 'returned', wish: 8 });
  await settle();
  t.deepEqual(older.heard, ['queued 1', 'granted 1']);
  older.wishes[Symbol.dispose]();
  t.deepEqual(all.describe(), []);
});

test('a person comes before all jobs', async (t) => {
  const all = pool();
  const [first, second] = [worker(all, 'job 1', 5, -1), worker(all, 'job 2', 5, -2)];
  first.wish(1);
  second.wish(1);
  let waits = 0;
  const slots = all.slotsFor({ name: 'terminal of job 1', rank: PERSON_RANK });
  const taken = slots.take({ memoryMib: 512, priority: 0, signal: NEVER, onWait: () => (waits += 1) });
  await settle();
  t.is(waits, 1);
  first.wishes[Symbol.dispose]();
  const slot = await taken;
  t.true(second.wishes.isWaiting);
  t.is(all.describe()[0]?.owner, 'terminal of job 1');
  slot[Symbol.dispose]();
  await settle();
  t.false(second.wishes.isWaiting);
  second.wishes[Symbol.dispose]();
});

test('who leaves while waiting is told why it did, and is waited for no more', async (t) => {
  const all = pool();
  const first = worker(all, 'job 1', 0);
  first.wish(1);
  const controller = new AbortController();
  const slots = all.slotsFor({ name: 'terminal', rank: PERSON_RANK });
  const wish = { memoryMib: 512, priority: [0], signal: controller.signal, onWait: () => undefined };
  const taken = slots.take(wish);
  controller.abort(new Error('gone'));
  await t.throwsAsync(taken, { message: 'gone' });
  await t.throwsAsync(slots.take(wish), { message: 'gone' });
  t.deepEqual(
    all.describe().map(({ owner }) => owner),
    ['job 1'],
  );
});
