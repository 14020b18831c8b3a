import websocket from '@fastify/websocket';
import test, { type ExecutionContext } from 'ava';
import fastify from 'fastify';
import type { AddressInfo } from 'node:net';

import { type TerminalOptions, Terminals } from '../../../server/terminals/index.ts';
import type { FromWorker, ToWorker } from '../../../server/worker/messages.ts';
import { UNACKNOWLEDGED_BYTES } from '../../../server/worker/messages.ts';
import { RemoteTerminal } from '../../../server/worker/remote-terminal.ts';
import { becomesTrue } from '../../helpers/processes.ts';
import { fakeJob, type FakeWorker, FakeWorkers } from './fake-work.ts';
import { SocketClient } from './socket-client.ts';

const MIB = 1 << 20;

interface Rig {
  readonly workers: FakeWorkers;
  readonly terminals: Terminals;
  readonly open: (options?: { readonly answersPings?: boolean }) => Promise<SocketClient>;
  /** Resolves to the worker that was started last, when there is one. */
  readonly worker: () => Promise<FakeWorker>;
}

async function rig(t: ExecutionContext, options: Partial<TerminalOptions> = {}): Promise<Rig> {
  const workers = new FakeWorkers();
  const terminals = new Terminals({ startWork: workers.startWork, ...options });
  const app = fastify();
  await app.register(websocket);
  const place = { job: fakeJob(), layerfile: 'web/Layerfile', step: '3#1', columns: 90, rows: 20 };
  app.get('/', { websocket: true }, (socket) => terminals.open(socket, place));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  t.teardown(async () => {
    await terminals[Symbol.asyncDispose]();
    await app.close();
  });
  return {
    workers,
    terminals,
    open: async (given) => {
      const client = await SocketClient.open(port, given);
      t.teardown(() => client[Symbol.dispose]());
      return client;
    },
    worker: async () => {
      await becomesTrue(() => workers.started.length > 0);
      return workers.started.at(-1)!;
    },
  };
}

function printed(bytes: Buffer | string): FromWorker {
  return { type: 'printed', bytes: Buffer.from(bytes).toString('base64') };
}

function typedTo({ heard }: FakeWorker): Buffer {
  return Buffer.concat(heard.flatMap((each) => (each.type === 'input' ? [Buffer.from(each.bytes, 'base64')] : [])));
}

test('what is typed goes to the worker, what it prints comes back, and the shell’s end is told', async (t) => {
  const { open, worker, terminals } = await rig(t);
  const client = await open();
  const shell = await worker();
  t.deepEqual(shell.work, { kind: 'terminal', layerfile: 'web/Layerfile', step: '3#1', columns: 90, rows: 20 });
  const event = {
    event: 'activity',
    layerfile: 'web/Layerfile',
    activity: 'queue',
    text: 'waiting for a machine',
  } as const;
  shell.say({ type: 'event', event });
  const step = { number: 3, instruction: 'RUN x' };
  const state = { layerfile: 'web/Layerfile', kind: 'failed', step, asked: null, createdAtMs: 5 } as const;
  shell.say({ type: 'state', state });
  shell.say({ type: 'ready' });
  shell.say(printed('$ '));
  t.true(await becomesTrue(() => client.printed === '$ '));
  t.deepEqual(client.texts, [
    { type: 'waiting', message: 'waiting for a machine' },
    { type: 'state', state },
    { type: 'ready' },
  ]);
  t.deepEqual(terminals.describe(), ['terminal in job 7, "web/Layerfile" step 3#1: open']);
  client.type('exit 3\r');
  client.control({ type: 'resize', columns: 100, rows: 30 });
  t.true(await becomesTrue(() => shell.heard.some(({ type }) => type === 'resize')));
  t.deepEqual(shell.heard.filter(({ type }) => type !== 'taken') as unknown[], [
    { type: 'input', bytes: Buffer.from('exit 3\r').toString('base64') },
    { type: 'resize', columns: 100, rows: 30 },
  ]);
  shell.end({ kind: 'done', exitCode: 3 });
  t.true(await becomesTrue(() => client.close !== null));
  t.deepEqual(client.close, { code: 1000, reason: 'the shell has ended' });
  t.deepEqual(client.texts.at(-1), { type: 'ended', exitCode: 3 });
  t.deepEqual(terminals.describe(), []);
});

test('a machine that is not to be had is told with what to do, and no bug of ours with what it says', async (t) => {
  const { open, workers } = await rig(t);
  const message = `No machine of ${'é'.repeat(100)} is stored`;
  for (const [end, told, reason] of [
    [
      { kind: 'refused', code: 'STATE_MISSING', message, hint: 'Run it.' },
      { message, hint: 'Run it.' },
      /^No machine of é+$/,
    ],
    [
      { kind: 'broken', message: 'at /srv/secret.ts:3' },
      { message: 'Internal error: the terminal broke' },
      /^internal error$/,
    ],
  ] as const) {
    const client = await open();
    t.true(await becomesTrue(() => workers.started.length > 0));
    workers.started.pop()!.end(end);
    t.true(await becomesTrue(() => client.close !== null));
    t.like(client.texts.at(-1), { type: 'ended', ...told });
    t.is(client.close?.code, 1011);
    t.regex(client.close?.reason ?? '', reason);
  }
});

test('a flood of output waits for whoever reads it, and comes whole', async (t) => {
  const { open, worker } = await rig(t);
  const client = await open();
  const shell = await worker();
  using terminal = remote(shell);
  client.socket.pause();
  const total = 32 * MIB;
  let written = 0;
  const flood = async (): Promise<void> => {
    for (; written < total; written += MIB / 4)
      await new Promise((resolve) => terminal.output.write(Buffer.alloc(MIB / 4, 'y'), resolve));
  };
  const flooding = flood();
  let before = -1;
  // What the kernel takes for itself, and then nothing more.
  t.true(await becomesTrue(() => before === (before = written) && written > 0));
  t.true(written < total - MIB, `${written} bytes went nowhere`);
  const taken = sumOf(shell.heard);
  t.true(written - taken <= 2 * UNACKNOWLEDGED_BYTES + MIB / 4, `${written - taken} bytes are on the way`);
  client.socket.resume();
  await flooding;
  t.true(await becomesTrue(() => client.bytes === total));
});

test('a guest that reads nothing of what is typed stops who types, and no server’s memory fills', async (t) => {
  const { open, worker } = await rig(t);
  const client = await open();
  const shell = await worker();
  shell.say({ type: 'ready' });
  const total = 16 * MIB;
  for (let sent = 0; sent < total; sent += MIB / 16) client.type(Buffer.alloc(MIB / 16, 'k'));
  let before = -1;
  t.true(await becomesTrue(() => before === (before = typedTo(shell).length) && before > 0));
  t.true(before <= UNACKNOWLEDGED_BYTES + MIB, `${before} bytes were taken`);
  shell.onMessage((message) => accept(shell, message));
  shell.say({ type: 'accepted', bytes: before });
  t.true(await becomesTrue(() => typedTo(shell).length === total));
});

test('who says what is no message is shown out', async (t) => {
  const { open, workers } = await rig(t);
  for (const bad of ['', '{', '[]', '{"type":"resize","columns":0,"rows":1}', '{"type":"input","bytes":"ZXhpdA=="}']) {
    const client = await open();
    client.control(bad);
    t.true(await becomesTrue(() => client.close !== null), bad);
    t.deepEqual(client.close, { code: 1008, reason: 'a text message was no control message' });
    t.is(workers.started.at(-1)?.cancelled, 'a text message was no control message');
  }
});

test('a terminal ends with its socket, and one that nobody uses or that never gets a machine ends too', async (t) => {
  const gone = await rig(t);
  (await gone.open()).socket.destroy();
  const left = await gone.worker();
  t.true(await becomesTrue(() => left.cancelled !== null));
  t.is(left.cancelled, 'the terminal was closed');

  const unused = await rig(t, { limits: { idleMs: 20 } });
  const client = await unused.open();
  (await unused.worker()).say({ type: 'ready' });
  t.true(await becomesTrue(() => client.close !== null));
  t.deepEqual(client.close, { code: 1001, reason: 'nobody used it for a while' });

  const waiting = await rig(t, { limits: { startMs: 20 } });
  const second = await waiting.open();
  t.true(await becomesTrue(() => second.close !== null));
  t.is(second.close?.reason, 'no machine could be had in time');
});

test('one that nobody uses gives way where others wait for a machine', async (t) => {
  let isMachineWanted = false;
  const limits = { pingMs: 400, wantedIdleMs: 20 };
  const { open, worker } = await rig(t, { limits, isMachineWanted: () => isMachineWanted });
  const client = await open();
  (await worker()).say({ type: 'ready' });
  t.true(await becomesTrue(() => client.pings > 1));
  t.is(client.close, null);
  isMachineWanted = true;
  t.true(await becomesTrue(() => client.close !== null));
  t.deepEqual(client.close, { code: 1001, reason: 'nobody used it for a while, and others wait for a machine' });
});

test('a browser that is gone without a word is noticed', async (t) => {
  const { open, worker } = await rig(t, { limits: { pingMs: 20 } });
  const client = await open({ answersPings: false });
  const shell = await worker();
  t.true(await becomesTrue(() => shell.cancelled !== null));
  t.true(client.pings > 0);
});

test('there are only so many, and none when the server stops', async (t) => {
  const { open, worker, terminals, workers } = await rig(t, { most: 1 });
  const first = await open();
  await worker();
  const second = await open();
  t.true(await becomesTrue(() => second.close !== null));
  t.deepEqual(second.close, { code: 1013, reason: '1 terminals are open already' });
  await terminals[Symbol.asyncDispose]();
  t.true(await becomesTrue(() => first.close !== null));
  t.is(first.close?.code, 1001);
  const late = await open();
  t.true(await becomesTrue(() => late.close !== null));
  t.is(late.close?.reason, 'the server is stopping');
  t.is(workers.started.length, 1);
});

/** The worker's side, as it is in a process of its own. */
function remote(worker: FakeWorker): RemoteTerminal {
  const send = async (message: FromWorker): Promise<void> => {
    worker.say(message);
    return Promise.resolve();
  };
  return new RemoteTerminal({ columns: 80, rows: 24 }, { send, onMessage: (listener) => worker.onMessage(listener) });
}

function accept(worker: FakeWorker, message: ToWorker): void {
  if (message.type === 'input') worker.say({ type: 'accepted', bytes: Buffer.from(message.bytes, 'base64').length });
}

function sumOf(heard: readonly ToWorker[]): number {
  return heard.reduce((sum, message) => sum + (message.type === 'taken' ? message.bytes : 0), 0);
}
