import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { workPlaceOf } from '../../../server/jobs/work-place.ts';
import { isRunning } from '../../helpers/processes.ts';
import { QueueLab } from './queue-lab.ts';

const BUTTON = { layerfile: 'Layerfile', step: 3 };

test('a job is run by a worker, and its events are there while it runs and after', async (t) => {
  await using lab = await new QueueLab().open();
  const { id } = lab.submit('succeed');
  const live = lab.events(id, 1);
  t.like(await lab.ended(id), { state: 'succeeded', reason: null, runs: 1, counts: { restored: 1, ran: 2 } });
  const { names, last } = await live;
  t.is(names, 'output result end');
  t.like(last, { state: 'succeeded', reason: null });
  t.deepEqual(await lab.events(id, 1), { names, last });
  t.like(lab.lab.store.runs(id)[0], { number: 1, cause: 'push', outcome: 'succeeded' });
  t.is(lab.queue.events(id, 2), null);
  t.is(lab.queue.events(7, 1), null);
});

test('what ends otherwise says how, and what to do', async (t) => {
  await using lab = await new QueueLab().open();
  const [failed, refused, crashed] = ['fail', 'refuse', 'crash'].map((how) => lab.submit(how).id);
  t.like(await lab.ended(failed ?? 0), { state: 'failed', reason: null, counts: { failed: 1 } });
  t.like(await lab.ended(refused ?? 0), { state: 'failed', reason: 'There is no TOKEN\nSet it.' });
  t.regex(
    (await lab.ended(crashed ?? 0)).reason ?? '',
    /^Internal error: A worker ended with exit code 9 .*\nout of luck/,
  );
  t.is((await lab.events(crashed ?? 0, 1)).last['state'], 'failed');
});

test('a job that cannot even begin has failed, and its events say so', async (t) => {
  await using lab = await new QueueLab().open({ folders: { data: '/dev/null/nowhere', home: '/nowhere' } });
  const { id } = lab.submit('succeed');
  t.like(await lab.ended(id), { state: 'failed', reason: 'Cannot create /dev/null/nowhere/jobs/1' });
  t.like(lab.lab.store.runs(id), [{ outcome: 'failed' }]);
});

test('a running job is cancelled when its worker has ended, a queued one at once', async (t) => {
  await using lab = await new QueueLab().open({ mostWorkers: 1 });
  const [running, queued] = [lab.submit('hold').id, lab.submit('hold').id];
  await lab.printed(running, 1, 'begins');
  t.like(lab.queue.cancel(queued, 'Ada'), { kind: 'done', job: { state: 'cancelled' } });
  t.like((await lab.events(queued, 1)).last, { event: 'end', state: 'cancelled', reason: 'cancelled by Ada' });
  t.like(lab.queue.cancel(running, 'Ada'), { kind: 'done', job: { state: 'running' } });
  t.like(await lab.ended(running), { state: 'cancelled', reason: 'cancelled by Ada' });
  t.like((await lab.events(running, 1)).last, { state: 'cancelled', reason: 'cancelled by Ada' });
  t.like(lab.queue.cancel(running, 'Ada'), { kind: 'refused', why: 'ended' });
  t.like(lab.queue.cancel(99, 'Ada'), { kind: 'refused', why: 'missing' });
});

test('a newer push ends the older run of its branch, unless the repository says otherwise', async (t) => {
  await using lab = await new QueueLab().open({ cancelsSuperseded: (name) => name !== 'patient' });
  const older = lab.submit('hold', { branch: 'main' }).id;
  const patient = lab.submit('hold', { branch: 'main', repository: 'patient' }).id;
  await lab.printed(older, 1, 'begins');
  const newer = lab.submit('succeed', { branch: 'main' }).id;
  t.like(await lab.ended(older), { state: 'cancelled', reason: `superseded by job ${newer}` });
  t.is((await lab.ended(newer)).state, 'succeeded');
  const second = lab.submit('succeed', { branch: 'main', repository: 'patient' }).id;
  t.is((await lab.ended(second)).state, 'succeeded');
  t.is(lab.lab.store.get(patient)?.state, 'running');
});

test('jobs begin by priority, then by age, and no more at once than may', async (t) => {
  await using lab = await new QueueLab().open({ mostWorkers: 1 });
  const begun: number[] = [];
  const { store } = lab.lab;
  using _listening = store.onChange(({ id, state }) => {
    if (state === 'running' && !begun.includes(id)) begun.push(id);
    t.true(store.running().length <= 1);
  });
  const first = lab.submit('hold').id;
  await lab.printed(first, 1, 'begins');
  const [second, third, urgent] = [0, 0, 1].map((priority) => lab.submit('succeed', { priority }).id);
  lab.queue.cancel(first, 'Ada');
  await Promise.all([second, third, urgent].map((id) => lab.ended(id ?? 0)));
  t.deepEqual(begun, [first, urgent, second, third]);
});

test('a retry runs the job again, and those who wait for its events get them', async (t) => {
  await using lab = await new QueueLab().open({ mostWorkers: 1 });
  const { id } = lab.submit('fail');
  await lab.ended(id);
  const blocker = lab.submit('hold').id;
  await lab.printed(blocker, 1, 'begins');
  t.like(lab.queue.retry(id), { kind: 'done', job: { state: 'queued' } });
  t.like(lab.queue.retry(id), { kind: 'refused', why: 'unfinished' });
  t.like(lab.queue.retry(99), { kind: 'refused', why: 'missing' });
  const second = lab.events(id, 2);
  lab.queue.cancel(blocker, 'Ada');
  t.is((await second).names, 'output result end');
  t.like(lab.lab.store.get(id), { state: 'failed', runs: 2 });
  t.is(lab.lab.store.runs(id)[1]?.cause, 'retry');
});

test('a button that waits can be pressed, and no other; the job then goes on there', async (t) => {
  await using lab = await new QueueLab().open();
  const { id } = lab.submit('button');
  t.like(await lab.ended(id), { state: 'succeeded', waiting: [BUTTON], counts: { waiting: 1 } });
  t.like(lab.queue.press(id, { ...BUTTON, step: 4 }), { kind: 'refused', why: 'no-button' });
  t.like(lab.queue.press(99, BUTTON), { kind: 'refused', why: 'missing' });
  t.like(lab.queue.press(id, BUTTON), { kind: 'done' });
  t.like(await lab.until(id, ({ runs, state }) => runs === 2 && state === 'succeeded'), {
    waiting: [],
    counts: { waiting: 0 },
  });
  t.is(lab.lab.store.runs(id)[1]?.cause, 'button');
  lab.queue.retry(id);
  t.like(await lab.until(id, ({ runs, state }) => runs === 3 && state === 'succeeded'), { waiting: [] });
});

test('machines go to one worker after the other, and everything says what it waits for', async (t) => {
  await using lab = await new QueueLab().open();
  const first = lab.submit('wish').id;
  await lab.printed(first, 1, 'has a machine');
  const second = lab.submit('wish').id;
  await lab.printed(second, 1, 'waits for a machine');
  const { running, machines } = lab.queue.describe();
  t.deepEqual(
    running.map(({ job, waitsFor }) => `${job}: ${waitsFor}`),
    [`${first}: nothing`, `${second}: a machine`],
  );
  t.true(running.every(({ pid }) => pid !== null && isRunning(pid)));
  t.like(running, [
    { machines: 1, memoryMib: 512 },
    { machines: 0, memoryMib: 0 },
  ]);
  t.like(machines, { most: 1, memoryMib: 1024, usedMib: 512 });
  t.deepEqual(
    machines.wishes.map(({ owner, state }) => `${owner} ${state}`),
    [`job ${first} granted`, `job ${second} waiting`],
  );
  lab.queue.cancel(first, 'Ada');
  await lab.printed(second, 1, 'has a machine');
  await lab.ended(first);
  lab.queue.cancel(second, 'Ada');
  await lab.ended(second);
  t.deepEqual(lab.queue.describe().machines.wishes, []);
});

test('a graceful stop waits for what runs, up to a point; what it ends there goes on with the next server', async (t) => {
  await using lab = await new QueueLab().open({ mostWorkers: 1 });
  const [held, queued] = [lab.submit('hold').id, lab.submit('succeed').id];
  await lab.printed(held, 1, 'begins');
  const controller = new AbortController();
  const drained = lab.queue.drain(controller.signal);
  t.false(lab.queue.describe().isOpen);
  controller.abort();
  await drained;
  t.like(lab.lab.store.get(held), { state: 'queued', runs: 1 });
  t.is(lab.lab.store.facts(held)?.resumptions, 0);
  t.like((await lab.events(held, 1)).last, { event: 'end', state: 'interrupted' });
  t.is(lab.lab.store.get(queued)?.state, 'queued');
  await lab.open();
  await lab.printed(held, 2, 'begins');
  t.like(lab.lab.store.runs(held), [{ outcome: 'interrupted' }, { cause: 'resumed', outcome: null }]);
  t.is((await lab.ended(queued)).state, 'succeeded');
});

test('a job of a fork is run beside a store of its own, without secrets, with the same images', (t) => {
  const lab = new QueueLab();
  t.teardown(() => lab[Symbol.asyncDispose]());
  const job = { repository: 'shop', commit: 'c'.repeat(40) };
  const { data, home } = lab.folders;
  t.deepEqual(workPlaceOf({ ...job, trust: 'trusted' }, lab.folders), {
    repository: join(data, 'repositories/shop.git'),
    commit: job.commit,
    home,
    secretsHome: join(data, 'secrets/shop'),
  });
  t.false(existsSync(join(data, 'forks')));
  for (const times of [1, 2]) {
    const place = workPlaceOf({ ...job, trust: 'fork' }, lab.folders);
    t.like(place, { home: join(data, 'forks'), secretsHome: null }, `${times}`);
    t.is(realpathSync(join(place.home, 'images')), join(realpathSync(home), 'images'));
  }
});

test('a run leaves its log in lines that begin with their time', async (t) => {
  await using lab = await new QueueLab().open();
  const { id } = lab.submit('succeed');
  await lab.ended(id);
  await lab.events(id, 1);
  const lines = readFileSync(join(lab.folders.data, 'jobs', String(id), '1.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  for (const line of lines) t.regex(line, /^\{"atMs":\d+,"event":"/);
});
