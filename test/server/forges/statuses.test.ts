import test from 'ava';

import type { JobRequest } from '../../../server/jobs/job.ts';
import { Ci, type Kind } from './ci.ts';
import { TOKEN } from './fake-forge.ts';

const COMMIT = '762941318ee16e59dabbacb1b4049eec22f0d303';
const COUNTS = { restored: 5, ran: 1, failed: 0, waiting: 0, durationMs: 12_000, savedMs: 0 };

function request(more: Partial<JobRequest> = {}): JobRequest {
  return {
    repository: 'web',
    ref: 'refs/heads/main',
    branch: 'main',
    commit: COMMIT,
    title: '<script>',
    author: 'Ada',
    pushedBy: 'ada',
    pushedAtMs: 1,
    trust: 'trusted',
    cause: 'push',
    ...more,
  };
}

const EXPECTED: Readonly<
  Record<Kind, { readonly path: string; readonly header: readonly [string, string]; readonly words: readonly string[] }>
> = {
  github: {
    path: `/api/repos/acme/web/statuses/${COMMIT}`,
    header: ['authorization', `Bearer ${TOKEN}`],
    words: ['pending', 'pending', 'success'],
  },
  gitlab: {
    path: `/api/projects/acme%2Fweb/statuses/${COMMIT}`,
    header: ['private-token', TOKEN],
    words: ['pending', 'running', 'success'],
  },
  gitea: {
    path: `/api/repos/acme/web/statuses/${COMMIT}`,
    header: ['authorization', `token ${TOKEN}`],
    words: ['pending', 'pending', 'success'],
  },
};

for (const kind of ['github', 'gitlab', 'gitea'] as const) {
  test(`${kind} is told how a job stands, in its own words`, async (t) => {
    await using ci = await Ci.start(kind);
    await using reporter = ci.reporter();
    const { path, header, words } = EXPECTED[kind];
    const { id } = ci.jobs.submit(request());
    await reporter.settled();
    ci.jobs.change(id, { state: 'running', runs: 1 });
    await reporter.settled();
    ci.jobs.change(id, { state: 'succeeded', counts: COUNTS });
    await reporter.settled();
    const { calls } = ci.forge;
    t.deepEqual(
      calls.map(({ body }) => body['state']),
      words,
    );
    for (const call of calls) t.like(call, { method: 'POST', path });
    t.is(calls[0]?.headers[header[0]], header[1]);
    t.like(calls[2]?.body, {
      target_url: 'http://ci.example/jobs/1',
      description: '5 restored, 1 ran in 12.0 s',
      [kind === 'gitlab' ? 'name' : 'context']: 'layer',
    });
    t.deepEqual(ci.troubles, []);
  });
}

test('a superseded job, one that failed and one that was interrupted have their own words', async (t) => {
  await using ci = await Ci.start('github');
  await using reporter = ci.reporter();
  const { id } = ci.jobs.submit(request());
  const said: unknown[] = [];
  for (const state of ['failed', 'running', 'cancelled', 'running', 'interrupted'] as const) {
    ci.jobs.change(id, { state, reason: state === 'cancelled' ? 'superseded by job 13' : null });
    await reporter.settled();
    said.push([ci.forge.calls.at(-1)?.body['state'], ci.forge.calls.at(-1)?.body['description']]);
  }
  t.deepEqual(said, [
    ['failure', 'failed'],
    ['pending', 'is running'],
    ['error', 'superseded by job 13'],
    ['pending', 'is running'],
    ['error', 'interrupted'],
  ]);
});

test('a forge that fails for a while is told again, and one that refuses is not', async (t) => {
  await using ci = await Ci.start('github');
  await using reporter = ci.reporter();
  ci.forge.answers.push({ status: 502 }, { status: 429, headers: { 'retry-after': '0' } });
  ci.jobs.submit(request());
  await reporter.settled();
  t.is(ci.forge.calls.length, 3);
  ci.forge.answers.push({ status: 404, body: { message: `Not Found ${TOKEN}` } });
  ci.jobs.submit(request({ ref: 'refs/heads/other' }));
  await reporter.settled();
  t.is(ci.forge.calls.length, 4);
  t.deepEqual(ci.troubles, ['web: its forge cannot be told of job 2: its API answered 404']);
});

test('a redirection is not followed: the token is for the configured address alone', async (t) => {
  await using ci = await Ci.start('github');
  await using reporter = ci.reporter();
  ci.forge.answers.push({ status: 307, headers: { location: `${ci.forge.origin}/elsewhere` } });
  ci.jobs.submit(request());
  await reporter.settled();
  t.is(ci.forge.calls.length, 1);
  t.regex(ci.troubles[0] ?? '', /redirections are not followed/);
});

test('a status that GitLab has already is as good as told', async (t) => {
  await using ci = await Ci.start('gitlab');
  await using reporter = ci.reporter();
  const message =
    'Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition via "enqueue")';
  ci.forge.answers.push({ status: 400, body: { message } });
  ci.jobs.submit(request());
  await reporter.settled();
  t.deepEqual([ci.forge.calls.length, ci.troubles], [1, []]);
});

test('what was not told, or happened while nobody listened, is told by the next server, and nothing twice', async (t) => {
  await using ci = await Ci.start('github');
  const first = ci.reporter();
  ci.jobs.submit(request());
  await first.settled();
  const second = ci.jobs.submit(request({ ref: 'refs/heads/other' }));
  await first[Symbol.asyncDispose]();
  ci.jobs.change(1, { state: 'interrupted' });
  const before = ci.forge.calls.length;
  await using again = ci.reporter();
  await again.settled();
  const told = ci.forge.calls.slice(before).map(({ body }) => [body['target_url'], body['state']]);
  t.true(told.some(([url, state]) => url === 'http://ci.example/jobs/1' && state === 'error'));
  t.true(ci.forge.calls.some(({ body }) => body['target_url'] === `http://ci.example/jobs/${second.id}`));
  await again[Symbol.asyncDispose]();
  const all = ci.forge.calls.length;
  await using third = ci.reporter();
  await third.settled();
  t.is(ci.forge.calls.length, all);
});

test('a repository without a forge, or without a token, is told nowhere', async (t) => {
  await using ci = await Ci.start('github', { token: null });
  await using reporter = ci.reporter();
  ci.jobs.submit(request());
  ci.jobs.submit(request({ repository: 'nowhere' }));
  await reporter.settled();
  t.deepEqual(ci.forge.calls, []);
});
