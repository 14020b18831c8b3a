import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { FromWorker, WorkEnd, WorkPlace } from '../../../server/worker/messages.ts';
import {
  startWorker,
  type Worker,
  type WorkerLimits,
  type WorkerOptions,
} from '../../../server/worker/worker-process.ts';
import { becomesTrue, isRunning } from '../../helpers/processes.ts';

const PLACE: WorkPlace = { repository: '/nowhere', commit: '0', home: '/nowhere', secretsHome: null };
const PROGRAM = { script: join(import.meta.dirname, 'fake-worker.mjs'), args: [], nodeArguments: [] };
const LONG: WorkerLimits = { cancelMs: 60_000, terminateMs: 60_000, leaveMs: 60_000 };

interface Started {
  readonly worker: Worker;
  readonly said: FromWorker[];
  readonly controller: AbortController;
  /** Resolves when the worker has said something. */
  readonly hasBegun: Promise<unknown>;
}

function start(how: string, options: Partial<WorkerOptions> = {}): Started {
  const said: FromWorker[] = [];
  const controller = new AbortController();
  const { promise: hasBegun, resolve } = Promise.withResolvers<undefined>();
  const work = { kind: 'build', paths: [how], facts: {}, pressed: [], record: null } as const;
  const worker = startWorker(PLACE, work, {
    program: PROGRAM,
    limits: LONG,
    signal: controller.signal,
    onMessage: (message) => {
      said.push(message);
      resolve(undefined);
    },
    ...options,
  });
  return { worker, said, controller, hasBegun };
}

function pidOf(t: ExecutionContext, { pid }: Worker): number {
  t.true(pid !== undefined && pid > 1);
  return pid ?? 0;
}

async function endOf(t: ExecutionContext, { worker }: Started): Promise<WorkEnd> {
  const end = await worker.ended;
  t.false(isRunning(pidOf(t, worker)));
  return end;
}

test('a worker is told its work, what it says is passed on, and how its work ended is known when its process has', async (t) => {
  const started = start('succeed');
  t.deepEqual(await endOf(t, started), { kind: 'done', exitCode: 0 });
  t.deepEqual(started.said, [{ type: 'event', event: { event: 'warning', layerfile: '', text: 'succeed' } }]);
});

test('what is sent to a worker reaches it', async (t) => {
  const controller = new AbortController();
  const said: FromWorker[] = [];
  const started = start('wish', {
    signal: controller.signal,
    onMessage: (message) => {
      said.push(message);
      if (message.type === 'wish') started.worker.send({ type: 'granted', wish: message.wish });
    },
  });
  t.deepEqual(await endOf(t, started), { kind: 'done', exitCode: 0 });
  t.deepEqual(said.slice(1), [
    { type: 'wish', wish: 1, memoryMib: 512, priority: 7 },
    { type: 'returned', wish: 1 },
  ]);
  started.worker.send({ type: 'granted', wish: 2 });
});

test('a worker that is cancelled hears why, and ends by itself', async (t) => {
  const started = start('obey');
  await started.hasBegun;
  started.controller.abort(new Error('superseded by job 2'));
  t.deepEqual(await endOf(t, started), { kind: 'cancelled' });
  t.like(started.said[1], { event: { text: 'superseded by job 2' } });
});

test('one that was cancelled before it began is cancelled too', async (t) => {
  const controller = new AbortController();
  controller.abort(new Error('too late'));
  t.deepEqual(await endOf(t, start('obey', { signal: controller.signal })), { kind: 'cancelled' });
});

for (const [how, limits] of [
  ['deaf', { ...LONG, cancelMs: 10 }],
  ['deafer', { ...LONG, cancelMs: 10, terminateMs: 10 }],
] as const)
  test(`a worker that is ${how} to its cancel is ended all the same`, async (t) => {
    const started = start(how, { limits });
    await started.hasBegun;
    started.controller.abort(new Error('enough'));
    t.deepEqual(await endOf(t, started), { kind: 'cancelled' });
  });

test('one that does not leave when its work is done is made to', async (t) => {
  const started = start('linger', { limits: { leaveMs: 10, terminateMs: 10 } });
  t.deepEqual(await endOf(t, started), { kind: 'done', exitCode: 0 });
});

test('a worker that ends without a word is broken, and what it wrote last says why', async (t) => {
  t.deepEqual(await endOf(t, start('crash')), {
    kind: 'broken',
    message: 'A worker ended with exit code 9 and did not say how its work ended\nout of luck',
  });
});

test('a worker that is killed from outside is no bug of ours: whoever looks at its job is told', async (t) => {
  t.like(await endOf(t, start('die')), {
    kind: 'refused',
    message: 'The process that did this was ended from outside, by SIGKILL',
  });
});

test('a worker that cannot be started at all is broken', async (t) => {
  const end = await start('succeed', { program: { ...PROGRAM, script: '/nowhere/worker.mjs' } }).worker.ended;
  t.is(end.kind, 'broken');
  t.regex(end.kind === 'broken' ? end.message : '', /Cannot find module '\/nowhere\/worker.mjs'/);
});

test('a worker is no child of its terminal: it has a session of its own', async (t) => {
  const { worker, hasBegun, controller } = start('obey');
  await hasBegun;
  const pid = pidOf(t, worker);
  // A session's first process is the leader of a group of its own: signal 0 only asks for it.
  t.true(process.kill(-pid, 0));
  controller.abort(new Error('over'));
  await worker.ended;
  t.true(await becomesTrue(() => !isRunning(pid)));
});
