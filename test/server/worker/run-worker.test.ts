import { EventEmitter } from 'node:events';

import test from 'ava';

import { runWorker } from '../../../server/worker/index.ts';
import type { FromWorker, ToWorker, WorkPlace } from '../../../server/worker/messages.ts';
import { LayerError } from '../../../util/layer-error.ts';
import { requireChannel, type WorkerChannel } from '../../../server/worker/index.ts';

const PLACE: WorkPlace = { repository: '/nowhere', commit: 'f'.repeat(40), home: '/nowhere/home', secretsHome: null };

class FakeChannel extends EventEmitter implements WorkerChannel {
  connected = true;
  readonly said: FromWorker[] = [];

  send(message: FromWorker, whenSent: () => void): boolean {
    this.said.push(message);
    whenSent();
    return true;
  }

  hear(message: ToWorker): void {
    this.emit('message', message);
  }

  close(): void {
    this.connected = false;
    this.emit('disconnect');
  }
}

function run(channel: FakeChannel, signal = new AbortController().signal): Promise<void> {
  const openRecorder = () => Promise.reject(new LayerError('USAGE', 'No recorder here', { hint: 'Have one.' }));
  return runWorker({ channel, signal, accelerator: 'tcg', openRecorder });
}

function build(record: string | null): ToWorker {
  return { type: 'begin', place: PLACE, work: { kind: 'build', paths: [], facts: {}, pressed: [], record } };
}

test('what the environment lacks is told as such, with what to do, once', async (t) => {
  const channel = new FakeChannel();
  const ended = run(channel);
  channel.hear(build('/nowhere/record'));
  await ended;
  const end = { kind: 'refused', code: 'USAGE', message: 'No recorder here', hint: 'Have one.' };
  t.deepEqual(channel.said, [{ type: 'ended', end }] as never);
});

test('a worker whose server goes away before it said what to do ends without a word', async (t) => {
  const channel = new FakeChannel();
  const ended = run(channel);
  channel.close();
  await ended;
  t.deepEqual(channel.said, []);
});

test('whatever goes wrong after a cancel comes of it', async (t) => {
  const channel = new FakeChannel();
  const ended = run(channel);
  channel.hear(build('/nowhere/record'));
  channel.hear({ type: 'cancel', reason: 'enough' });
  await ended;
  t.deepEqual(channel.said, [{ type: 'ended', end: { kind: 'cancelled' } }]);
});

test('a worker is started by a server only', (t) => {
  t.like(
    t.throws(() => requireChannel({})),
    { code: 'USAGE' },
  );
  t.notThrows(() => requireChannel({ send: () => true }));
});
