import test from 'ava';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Job } from '../../../server/jobs/job.ts';
import { request } from '../fixture/fill-jobs.ts';
import { apiRig } from './api-rig.ts';

const COUNTS = { restored: 3, ran: 2, failed: 0, waiting: 0, durationMs: 4000, savedMs: 60_000 };

test('jobs are listed, searched and paged', async (t) => {
  const { ask, services } = await apiRig(t);
  for (const title of ['Sell sencha', 'Sell assam', 'Tidy']) services.jobs.submit(request({ title }));
  const { body } = await ask('GET', '/api/jobs?search=sell&limit=1', { as: 'read' });
  const { jobs, next } = body as { jobs: Job[]; next: number };
  t.deepEqual(
    jobs.map(({ title }) => title),
    ['Sell assam'],
  );
  const rest = await ask('GET', `/api/jobs?search=sell&limit=1&before=${next}`);
  t.like(rest.body, { jobs: [{ title: 'Sell sencha' }], next: null });
});

test('a job comes with its runs, and one that is not there is a 404', async (t) => {
  const { ask, services } = await apiRig(t);
  const { id } = services.jobs.submit(request({}));
  services.jobs.begin(id, 'push');
  t.like((await ask('GET', '/api/jobs/1')).body, { job: { state: 'running' }, runs: [{ number: 1, cause: 'push' }] });
  const missing = await ask('GET', '/api/jobs/2');
  t.is(missing.status, 404);
  t.deepEqual(missing.body, { error: { code: 'not_found', message: 'There is no such job' } });
});

test('a member builds a commit, under its own name', async (t) => {
  const { ask } = await apiRig(t);
  const made = await ask('POST', '/api/jobs', {
    as: 'member',
    body: { repository: 'shop', revision: 'main', paths: ['web'], priority: 3 },
  });
  t.is(made.status, 201);
  t.like(made.body, {
    repository: 'shop',
    branch: 'main',
    pushedBy: 'the member',
    paths: ['web'],
    priority: 3,
    trust: 'trusted',
  });
  const ask404 = async (body: object): Promise<number> => (await ask('POST', '/api/jobs', { body })).status;
  t.is(await ask404({ repository: 'nobody', revision: 'main' }), 404);
  t.is(await ask404({ repository: 'shop', revision: 'gone' }), 404);
});

test('cancel, retry and BUTTONs answer with the job, and with 409 where there is nothing to do', async (t) => {
  const { ask, services } = await apiRig(t);
  const { id } = services.jobs.submit(request({}));
  services.jobs.begin(id, 'push');
  t.is((await ask('POST', '/api/jobs/1/retry')).status, 409);
  t.like((await ask('POST', '/api/jobs/1/cancel')).body, { state: 'cancelled', reason: 'cancelled by the admin' });
  t.is((await ask('POST', '/api/jobs/1/cancel')).status, 409);
  t.like((await ask('POST', '/api/jobs/1/retry')).body, { state: 'queued' });
  const button = { layerfile: 'deploy/Layerfile', step: 4 };
  t.is((await ask('POST', '/api/jobs/1/buttons', { body: button })).status, 409);
  services.jobs.end(id, 'succeeded', { waiting: [button] });
  t.is((await ask('POST', '/api/jobs/1/buttons', { body: button })).status, 200);
  t.deepEqual(services.jobs.pressed, [button]);
});

test('the history sums up each day', async (t) => {
  const { ask, services } = await apiRig(t);
  const nowMs = Date.now();
  for (const [daysAgo, state] of [
    [2, 'succeeded'],
    [2, 'failed'],
    [40, 'succeeded'],
  ] as const) {
    const { id } = services.jobs.submit(request({ pushedAtMs: nowMs - daysAgo * 86_400_000 }));
    services.jobs.end(id, state, { endedAtMs: nowMs - daysAgo * 86_400_000, counts: COUNTS });
  }
  const { body } = await ask('GET', '/api/history?repository=shop&days=30', { as: 'read' });
  const day = new Date(nowMs - 2 * 86_400_000).toISOString().slice(0, 10);
  t.deepEqual(body, [{ day, jobs: 2, failed: 1, medianDurationMs: 4000, restored: 6, ran: 4, savedMs: 120_000 }]);
  t.deepEqual((await ask('GET', '/api/history?repository=tools')).body, []);
});

test('logs of one step are what it printed, and those of all are lines with where they are from', async (t) => {
  const { ask, services } = await apiRig(t);
  const { id } = services.jobs.submit(request({}));
  services.jobs.begin(id, 'push');
  const output = (layerfile: string, step: number, text: string, copy?: number): void =>
    services.jobs.emit(id, {
      atMs: 1,
      event: 'output',
      layerfile,
      step,
      stream: 'stdout',
      text,
      ...(copy === undefined ? {} : { copy }),
    });
  output('a/Layerfile', 2, '\u001b[31mred');
  output('b/Layerfile', 2, 'other\n');
  output('a/Layerfile', 2, '\u001b[0m\nrest');
  output('a/Layerfile', 3, 'three\n', 1);
  const text = async (query: string): Promise<string> =>
    (await ask('GET', `/api/jobs/1/logs?follow=false${query}`)).text;
  t.is(
    await text(''),
    'b/Layerfile:2 │ other\na/Layerfile:2 │ \u001b[31mred\u001b[0m\na/Layerfile#1:3 │ three\na/Layerfile:2 │ rest\n',
  );
  t.is(await text('&layerfile=a%2FLayerfile&step=2'), '\u001b[31mred\u001b[0m\nrest');
  t.is(await text('&layerfile=a/Layerfile&copy=1'), 'a/Layerfile#1:3 │ three\n');
  t.is((await ask('GET', '/api/jobs/1/logs?run=2')).status, 404);
});

test('a log without follow ends though the run goes on; with it, when the run does', async (t) => {
  const { ask, services } = await apiRig(t);
  const { id } = services.jobs.submit(request({}));
  services.jobs.begin(id, 'push');
  const line = { atMs: 1, event: 'output', layerfile: 'Layerfile', step: 2, stream: 'stdout', text: 'one\n' } as const;
  services.jobs.emit(id, line);
  t.is((await ask('GET', '/api/jobs/1/logs?follow=false')).text, 'Layerfile:2 │ one\n');
  const followed = ask('GET', '/api/jobs/1/logs');
  services.jobs.emit(id, { ...line, text: 'two\n' });
  services.jobs.end(id, 'succeeded');
  t.is((await followed).text, 'Layerfile:2 │ one\nLayerfile:2 │ two\n');
});

test('a report can do nothing in the browser: it is sandboxed, and has neither scripts nor our origin', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'layer-report-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { ask, services } = await apiRig(t);
  const { id } = services.jobs.submit(request({}));
  services.jobs.begin(id, 'push');
  t.is((await ask('GET', '/api/jobs/1/report')).status, 404);
  writeFileSync(join(folder, 'report.html'), '<h1>Report</h1>');
  services.jobs.recordings.set('1/1/report', join(folder, 'report.html'));
  const { text, headers } = await ask('GET', '/api/jobs/1/report?run=1', { as: 'read' });
  t.is(text, '<h1>Report</h1>');
  const policy = String(headers['content-security-policy']);
  t.regex(policy, /^sandbox; default-src 'none';/);
  t.false(policy.includes('allow-'));
  t.false(policy.includes('script-src'));
});

test('every answer has the headers that keep pages in their place, and none lets other sites read it', async (t) => {
  const { ask } = await apiRig(t);
  for (const [method, url] of [
    ['GET', '/api/session'],
    ['GET', '/nowhere'],
    ['POST', '/api/session'],
    ['GET', '/healthz'],
  ] as const) {
    const { headers } = await ask(method, url, { headers: { origin: 'http://127.0.0.1:8464' } });
    const policy = String(headers['content-security-policy']);
    t.regex(policy, /default-src 'none'/);
    t.regex(policy, /script-src 'self'(;|$)/);
    t.false(policy.includes('unsafe-eval'));
    t.is(headers['x-content-type-options'], 'nosniff');
    t.is(headers['referrer-policy'], 'no-referrer');
    t.is(headers['access-control-allow-origin'], undefined);
  }
});

test('an error of ours tells nobody outside what it was', async (t) => {
  const { ask, services, log } = await apiRig(t);
  services.jobs.runners = () => {
    throw new Error('a path of ours: /secret/place');
  };
  const { status, text } = await ask('GET', '/api/runners');
  t.is(status, 500);
  t.false(text.includes('/secret/place'));
  t.true(log().includes('/secret/place'));
});
