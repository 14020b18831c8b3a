import test from 'ava';

import type { FromWorker, ToWorker } from '../../../server/worker/messages.ts';
import { WishedSlots } from '../../../server/worker/wished-slots.ts';

const NEVER = new AbortController().signal;

function fakeLink() {
  const said: FromWorker[] = [];
  const listeners = new Set<(message: ToWorker) => void>();
  return {
    said,
    listeners,
    async send(message: FromWorker): Promise<void> {
      said.push(message);
      return Promise.resolve();
    },
    onMessage(listener: (message: ToWorker) => void): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    hear(message: ToWorker): void {
      for (const listener of [...listeners]) listener(message);
    },
  };
}

test('a slot is wished for, waited for where the server says so, and given back', async (t) => {
  const link = fakeLink();
  let waits = 0;
  const wish = { memoryMib: 512, priority: 3, signal: NEVER, onWait: () => (waits += 1) };
  const slots = new WishedSlots(link);
  const [first, second] = [slots.take(wish), slots.take(wish)];
  link.hear({ type: 'granted', wish: 2 });
  (await second)[Symbol.dispose]();
  t.is(waits, 0);
  link.hear({ type: 'queued', wish: 1 });
  link.hear({ type: 'granted', wish: 1 });
  (await first)[Symbol.dispose]();
  t.is(waits, 1);
  t.deepEqual(link.said, [
    { type: 'wish', wish: 1, memoryMib: 512, priority: 3 },
    { type: 'wish', wish: 2, memoryMib: 512, priority: 3 },
    { type: 'returned', wish: 2 },
    { type: 'returned', wish: 1 },
  ]);
  t.is(link.listeners.size, 0);
});

test('who is cancelled while waiting takes the wish back, and leaves nothing behind', async (t) => {
  const link = fakeLink();
  const controller = new AbortController();
  const slots = new WishedSlots(link);
  const waiting = slots.take({ memoryMib: 1, priority: 0, signal: controller.signal, onWait: () => undefined });
  controller.abort(new Error('enough'));
  await t.throwsAsync(waiting, { message: 'enough' });
  t.deepEqual(link.said.at(-1), { type: 'returned', wish: 1 });
  t.is(link.listeners.size, 0);
});
