import test from 'ava';

import type { Job } from '../../../server/jobs/job.ts';
import type { JobStore } from '../../../server/jobs/job-store.ts';
import { commit, request, StoreLab } from './store-lab.ts';

const COUNTS = { restored: 1, ran: 2, failed: 0, waiting: 0, durationMs: 3, savedMs: 4 };
const SUCCEEDED = { outcome: 'succeeded', reason: null, counts: COUNTS, waiting: [] } as const;
const CANCELLED = { outcome: 'cancelled', reason: 'enough', counts: null, waiting: [] } as const;
const BUTTON = { layerfile: 'Layerfile', step: 3 };

function begun(store: JobStore, id: number): number {
  return store.begin(id)?.number ?? 0;
}

test('a job is what was asked for, from before it is told, and numbers are never used again', (t) => {
  using lab = new StoreLab();
  const { job, isNew } = lab.store.create(request({ paths: ['web'], priority: 2 }));
  t.true(isNew);
  t.deepEqual(job, {
    id: 1,
    ...{ repository: 'shop', ref: 'refs/heads/main', branch: 'main', commit: 'c'.repeat(40), title: 'Add a cart' },
    ...{ author: 'Ada', pushedBy: 'ci', pushedAtMs: 1, trust: 'trusted', priority: 2, paths: ['web'] },
    ...{ state: 'queued', reason: null, runs: 0, startedAtMs: null, endedAtMs: null, counts: null, waiting: [] },
  });
  t.deepEqual(lab.reopen().get(1), job);
  t.is(lab.store.create(request({ commit: commit(2) })).job.id, 2);
  t.is(lab.store.get(3), null);
});

test('what nobody would push is refused, and what is long is cut', (t) => {
  using lab = new StoreLab();
  for (const bad of [
    { commit: 'HEAD' },
    { ref: 'main' },
    { branch: 'x'.repeat(2000) },
    { paths: Array<string>(300).fill('a') },
  ])
    t.like(
      t.throws(() => lab.store.create(request(bad))),
      { code: 'USAGE' },
    );
  const { job } = lab.store.create(request({ title: `\0${'t'.repeat(600)}`, author: '\ud800'.repeat(3) }));
  t.is(job.title, 't'.repeat(499));
  t.is(job.author, '\ufffd'.repeat(3));
});

test('the same push is one job, however often it is told of; a commit that comes back is another', (t) => {
  using lab = new StoreLab();
  const first = lab.store.create(request({ commit: commit(1) }));
  t.deepEqual(lab.store.create(request({ commit: commit(1) })), { job: first.job, isNew: false, running: [] });
  t.is(lab.store.create(request({ commit: commit(2) })).job.id, 2);
  t.is(lab.store.create(request({ commit: commit(1) })).job.id, 3);
  t.is(lab.store.create(request({ commit: commit(1), cause: 'created' })).job.id, 4);
  t.deepEqual([...lab.store.knownRefs('shop')], [['refs/heads/main', commit(1)]]);
  lab.store.rememberRef('shop', 'refs/heads/main', null);
  t.is(lab.store.create(request({ commit: commit(1) })).job.id, 5);
});

test('a newer push cancels what is queued of its branch, and says what runs of it', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  store.create(request({ commit: commit(1) }));
  begun(store, 1);
  store.create(request({ commit: commit(2) }), { supersede: false });
  store.create(request({ commit: commit(3), branch: 'other' }));
  store.create(request({ commit: commit(3), repository: 'other' }));
  const { running } = store.create(request({ commit: commit(4) }));
  t.deepEqual(
    running.map(({ id, state }) => [id, state]),
    [[1, 'running']],
  );
  t.is(store.facts(1)?.cancelling, 'superseded by job 5');
  t.like(store.get(2), { state: 'cancelled', reason: 'superseded by job 5', endedAtMs: 1000 });
  t.deepEqual(
    store.queued().map(({ id }) => id),
    [3, 4, 5],
  );
  store.create(request({ commit: commit(5), cause: 'created' }));
  t.is(store.get(5)?.state, 'queued');
});

test('those that are to run come by priority, then by age', (t) => {
  using lab = new StoreLab();
  for (const [number, priority] of [0, 1, 0, 1].entries())
    lab.store.create(request({ commit: commit(number), priority }), { supersede: false });
  t.deepEqual(
    lab.store.queued().map(({ id }) => id),
    [2, 4, 1, 3],
  );
});

test('a run begins once, ends once, and its job with it', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  store.create(request());
  t.deepEqual(store.begin(1), { job: 1, number: 1, cause: 'push', startedAtMs: 1000, endedAtMs: null, outcome: null });
  t.is(store.begin(1), null);
  lab.nowMs = 2000;
  t.is(store.endRun(1, 2, SUCCEEDED), null);
  t.like(store.endRun(1, 1, SUCCEEDED), { state: 'succeeded', counts: COUNTS, startedAtMs: 1000, endedAtMs: 2000 });
  t.is(store.endRun(1, 1, CANCELLED), null);
  t.is(store.cancel(1, 'too late'), null);
  t.deepEqual(store.runs(1), [
    { job: 1, number: 1, cause: 'push', startedAtMs: 1000, endedAtMs: 2000, outcome: 'succeeded' },
  ]);
});

test('a retry is another run of the same job', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  store.create(request());
  t.is(store.retry(1), null);
  begun(store, 1);
  t.is(store.retry(1), null);
  store.endRun(1, 1, { ...SUCCEEDED, outcome: 'failed', reason: 'no luck' });
  t.like(store.retry(1), { state: 'queued', reason: null, endedAtMs: null, counts: COUNTS, runs: 1 });
  t.like(store.begin(1), { number: 2, cause: 'retry' });
  t.like(store.endRun(1, 2, SUCCEEDED), { state: 'succeeded', runs: 2 });
});

test('a button that is pressed while its run goes on has another run follow', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  store.create(request());
  begun(store, 1);
  t.is(store.press(1, BUTTON)?.state, 'running');
  t.is(store.endRun(1, 1, { ...SUCCEEDED, waiting: [BUTTON] })?.state, 'queued');
  t.like(store.begin(1), { number: 2, cause: 'button' });
  t.is(store.endRun(1, 2, SUCCEEDED)?.state, 'succeeded');
  t.is(store.press(1, { ...BUTTON, step: 5 })?.state, 'queued');
  t.is(store.press(1, BUTTON)?.state, 'queued');
  t.deepEqual(store.facts(1)?.pressed, [BUTTON, { ...BUTTON, step: 5 }]);
  begun(store, 1);
  store.press(1, { ...BUTTON, copy: 1 });
  store.cancel(1, 'enough');
  t.like(store.endRun(1, 3, CANCELLED), { state: 'cancelled', reason: 'enough' });
});

test('what is cancelled while it runs is so when its run has ended, and stays remembered', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  store.create(request());
  begun(store, 1);
  t.is(store.cancel(1, 'cancelled by Ada')?.state, 'running');
  t.is(store.cancel(1, 'cancelled by Bob')?.state, 'running');
  t.is(lab.reopen().running()[0]?.facts.cancelling, 'cancelled by Ada');
  t.is(lab.store.endRun(1, 1, CANCELLED)?.state, 'cancelled');
  t.is(lab.store.facts(1)?.cancelling, null);
});

test('a run that was cut off is followed by another, but not for ever', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  store.create(request());
  for (const run of [1, 2]) {
    t.is(begun(store, 1), run);
    t.is(store.cutOff(1, run, { counted: true, most: 3 })?.state, 'queued');
  }
  t.is(begun(store, 1), 3);
  t.is(store.cutOff(1, 3, { counted: false, most: 3 })?.state, 'queued');
  t.is(store.begin(1)?.cause, 'resumed');
  t.like(store.cutOff(1, 4, { counted: true, most: 3 }), {
    state: 'interrupted',
    reason: 'the server was killed in 3 runs of it, one after another',
  });
  t.is(store.cutOff(1, 4, { counted: true, most: 3 }), null);
  store.retry(1);
  begun(store, 1);
  t.is(store.cutOff(1, 5, { counted: true, most: 3 })?.state, 'queued');
});

test('what a ref is known to be can be set without a job, and taken away', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  store.rememberRef('shop', 'refs/heads/main', commit(1));
  t.deepEqual([...store.knownRefs('shop')], [['refs/heads/main', commit(1)]]);
  t.true(store.create(request({ commit: commit(1) })).isNew);
  store.rememberRef('shop', 'refs/heads/main', null);
  t.deepEqual([...lab.reopen().knownRefs('shop')], []);
});

test('of a ref the newest jobs are known, and all that are unfinished', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  for (let number = 1; number <= 30; number++) {
    store.create(request({ commit: commit(number) }), { supersede: false });
    if (number !== 4) store.cancel(number, 'enough');
  }
  const expected = [...Array.from({ length: 20 }, (_, index) => 30 - index), 4];
  t.deepEqual(
    store.ofRef('shop', 'refs/heads/main').map(({ id }) => id),
    expected,
  );
  t.deepEqual(store.ofRef('shop', 'refs/heads/other'), []);
  t.deepEqual(store.counts(), { queued: 1, running: 0, succeeded: 0, failed: 0, cancelled: 29, interrupted: 0 });
});

test('every change of a job is told once it is made', (t) => {
  using lab = new StoreLab();
  const { store } = lab;
  const told: Job[] = [];
  const listening = store.onChange((job) => {
    t.deepEqual(store.get(job.id), job);
    told.push(job);
  });
  store.create(request({ commit: commit(1) }));
  begun(store, 1);
  store.create(request({ commit: commit(1) }));
  store.create(request({ commit: commit(2) }));
  store.endRun(1, 1, CANCELLED);
  t.deepEqual(
    told.map(({ id, state }) => `${id} ${state}`),
    ['1 queued', '1 running', '1 running', '2 queued', '1 cancelled'],
  );
  listening[Symbol.dispose]();
  begun(store, 2);
  t.is(told.length, 5);
});

test('jobs are listed page by page, the newest first', (t) => {
  using lab = new StoreLab();
  for (let number = 1; number <= 5; number++) lab.store.create(request({ commit: commit(number) }));
  const first = lab.store.list(undefined, { limit: 2 });
  t.deepEqual(
    first.jobs.map(({ id }) => id),
    [5, 4],
  );
  t.is(first.next, 4);
  const last = lab.store.list(undefined, { limit: 3, before: 4 });
  t.deepEqual(
    last.jobs.map(({ id }) => id),
    [3, 2, 1],
  );
  t.is(last.next, null);
});
