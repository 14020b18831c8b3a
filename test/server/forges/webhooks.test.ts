import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { Pusher } from '../git/pusher.ts';
import { Ci, hmac, type Hook, type Kind, SECRET } from './ci.ts';
import { TOKEN } from './fake-forge.ts';
import { giteaPush, githubPull, githubPush, gitlabPull, gitlabPush, type Pushed } from './payloads.ts';

const NONE = '0'.repeat(40);
const PUSHES: Readonly<Record<Kind, (pushed: Pushed) => Hook>> = {
  github: (pushed) => ({ event: 'push', payload: githubPush(pushed) }),
  gitlab: (pushed) => ({ event: 'Push Hook', payload: gitlabPush(pushed) }),
  gitea: (pushed) => ({ event: 'push', payload: giteaPush(pushed) }),
};
const USERS: Readonly<Record<Kind, string>> = { github: 'x-access-token', gitlab: 'oauth2', gitea: 'layer' };

/** Commits at the forge, as the names of its branches say. */
async function publish(ci: Ci, pusher: Pusher, ...refs: readonly string[]): Promise<string> {
  await pusher.run('push', '--force', '-o', 'layer.nowait', ci.forge.folder, ...(refs.length > 0 ? refs : ['main']));
  return pusher.git('rev-parse', 'HEAD');
}

for (const kind of ['github', 'gitlab', 'gitea'] as const) {
  test(`a push at ${kind} is fetched from the configured address with the token, and becomes a job`, async (t) => {
    await using ci = await Ci.start(kind);
    using pusher = new Pusher({ 'a.txt': '1' });
    const after = await publish(ci, pusher);
    const answer = await ci.receive(PUSHES[kind]({ after }));
    t.deepEqual(answer, { status: 202, message: 'Accepted' });
    t.deepEqual(ci.troubles, []);
    t.like(ci.jobs.jobs[0], { branch: 'main', commit: after, title: 'change', pushedBy: 'ada', trust: 'trusted' });
    t.deepEqual([...ci.forge.askedBy], [`${USERS[kind]}:${TOKEN}`]);
    const config = readFileSync(join(ci.repositories.open('web')!.folder, 'config'), 'utf8');
    t.false(config.includes(TOKEN));
  });

  test(`a webhook of ${kind} that is forged, or without a signature, is refused and does nothing`, async (t) => {
    await using ci = await Ci.start(kind);
    const hook = PUSHES[kind]({ after: '1'.repeat(40) });
    const refused = { status: 401, message: 'The signature is not right' };
    t.deepEqual(await ci.receive({ ...hook, secret: 'guessed' }), refused);
    for (const value of [
      '',
      'sha256=',
      'sha256=zz',
      hmac(SECRET, Buffer.from('another body')),
      randomBytes(5000).toString('hex'),
    ]) {
      const headers = { 'x-hub-signature-256': value, 'x-gitlab-token': value, 'x-gitea-signature': value };
      t.deepEqual(await ci.receive({ ...hook, headers }), refused);
    }
    t.deepEqual(ci.webhooks.receive('nothing-there', {}, Buffer.from('{}')), refused);
    t.deepEqual(ci.webhooks.receive('../web', {}, Buffer.from('{}')), refused);
    t.deepEqual(ci.jobs.jobs, []);
  });

  test(`a webhook of ${kind} that is sent again is refused, also by the next server`, async (t) => {
    await using ci = await Ci.start(kind);
    using pusher = new Pusher({ 'a.txt': '1' });
    const hook = {
      ...PUSHES[kind]({ after: await publish(ci, pusher) }),
      delivery: 'f6266f16-1bf3-46a5-9ea4-602e06ead473',
    };
    t.is((await ci.receive(hook)).status, 202);
    t.is((await ci.receive(hook)).status, 409);
    await ci.restart();
    t.is((await ci.receive(hook)).status, 409);
    t.is(ci.jobs.jobs.length, 1);
  });
}

test('a signed body that is sent again under another number is refused, too', async (t) => {
  await using ci = await Ci.start('github');
  using pusher = new Pusher({ 'a.txt': '1' });
  const hook = PUSHES.github({ after: await publish(ci, pusher) });
  t.is((await ci.receive(hook)).status, 202);
  t.is((await ci.receive({ ...hook, delivery: 'another' })).status, 409);
  t.is((await ci.receive({ ...hook, delivery: '' })).status, 409);
});

test("Forgejo's own headers are taken, and a bad signature there is not rescued by another", async (t) => {
  await using ci = await Ci.start('gitea');
  using pusher = new Pusher({ 'a.txt': '1' });
  const hook = PUSHES.gitea({ after: await publish(ci, pusher) });
  t.is((await ci.receive({ ...hook, headers: { 'x-forgejo-signature': 'bad' } })).status, 401);
  const headers = {
    'x-forgejo-signature': hmac(SECRET, Buffer.from(JSON.stringify(hook.payload))),
    'x-gitea-signature': '',
  };
  t.is((await ci.receive({ ...hook, headers: { ...headers, 'x-forgejo-event': 'push' } })).status, 202);
  t.is(ci.jobs.jobs.length, 1);
});

test('a form with the payload in it is taken, as GitHub may be set to send it', async (t) => {
  await using ci = await Ci.start('github');
  using pusher = new Pusher({ 'a.txt': '1' });
  const payload = new URLSearchParams({ payload: JSON.stringify(githubPush({ after: await publish(ci, pusher) })) });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  t.is((await ci.receive({ event: 'push', payload: payload.toString(), headers })).status, 202);
  t.is(ci.jobs.jobs.length, 1);
});

test('a body that is too large is refused before anything else is done with it', async (t) => {
  await using ci = await Ci.start('github');
  t.is((await ci.receive({ event: 'push', payload: 'x'.repeat(2 ** 20 + 1), secret: 'guessed' })).status, 413);
});

test('what is signed and is no payload is refused with the reason, and other events are ignored', async (t) => {
  await using ci = await Ci.start('github');
  const after = '1'.repeat(40);
  const bad: readonly (readonly [Hook, number])[] = [
    [{ event: 'push', payload: 'no json' }, 400],
    [{ event: 'push', payload: '['.repeat(500_000) }, 400],
    [{ event: 'push', payload: '[]' }, 422],
    [{ event: 'push', payload: { ...githubPush({ after }), after: '--upload-pack=x' } }, 422],
    [{ event: 'push', payload: githubPush({ after, ref: 'refs/heads/../../x' }) }, 422],
    [{ event: 'push', payload: githubPush({ after, ref: 'refs/heads/a b' }) }, 422],
    [{ event: 'push', payload: { ...githubPush({ after }), repository: { full_name: 'acme/other' } } }, 422],
    [{ event: 'pull_request', payload: githubPull({ action: 'opened', number: -1, commit: after }) }, 422],
    [
      { event: 'pull_request', payload: githubPull({ action: 'opened', number: 1, commit: after, branch: '../x' }) },
      422,
    ],
    [{ event: 'ping', payload: { zen: 'Keep it logically awesome.', hook_id: 1 } }, 202],
    [{ event: 'issues', payload: {} }, 202],
    [{ event: 'push', payload: githubPush({ after, ref: 'refs/tags/v1' }) }, 202],
    [{ event: 'pull_request', payload: githubPull({ action: 'labeled', number: 1, commit: after }) }, 202],
  ];
  for (const [hook, status] of bad) t.is((await ci.receive(hook)).status, status, JSON.stringify(hook).slice(0, 200));
  t.deepEqual([ci.jobs.jobs, ci.troubles], [[], []]);
});

test('a pull request of a fork is a job without trust, unless the owner says so, and its end cancels that', async (t) => {
  await using ci = await Ci.start('github');
  using pusher = new Pusher({ 'a.txt': '1' });
  const commit = await publish(ci, pusher, 'main:refs/heads/elsewhere');
  const pull = (action: string, number: number, fork = 'mallory'): Hook => ({
    event: 'pull_request',
    payload: githubPull({ action, number, commit, fork }),
  });
  await ci.receive(pull('opened', 7));
  t.deepEqual(ci.troubles, []);
  t.like(ci.jobs.jobs[0], { ref: 'refs/pull/7/head', branch: 'pull/7', trust: 'fork', pushedBy: 'bob' });
  await ci.receive(pull('closed', 7));
  t.is(ci.jobs.jobs[0]?.state, 'cancelled');
  await ci.receive(pull('opened', 8, 'gone'));
  t.is(ci.jobs.jobs[1]?.trust, 'fork');
  ci.repositories.change('web', { forkSecrets: true });
  await ci.receive(pull('opened', 9));
  t.is(ci.jobs.jobs[2]?.trust, 'trusted');
});

test("a merge request of GitLab is a fork's where its projects differ", async (t) => {
  await using ci = await Ci.start('gitlab');
  using pusher = new Pusher({ 'a.txt': '1' });
  const commit = await publish(ci, pusher, 'main:refs/heads/topic');
  const event = 'Merge Request Hook';
  await ci.receive({ event, payload: gitlabPull({ action: 'open', number: 3, commit, fork: 'mallory' }) });
  await ci.receive({ event, payload: gitlabPull({ action: 'open', number: 4, commit }) });
  t.deepEqual(
    ci.jobs.jobs.map(({ ref, trust }) => [ref, trust]),
    [
      ['refs/pull/3/head', 'fork'],
      ['refs/heads/topic', 'trusted'],
    ],
  );
});

test('a pull request and the push of its branch make one job, in whichever order they come', async (t) => {
  await using ci = await Ci.start('github');
  using pusher = new Pusher({ 'a.txt': '1' });
  const first = await publish(ci, pusher, 'main:refs/heads/topic');
  const ref = 'refs/heads/topic';
  await ci.receive({ event: 'pull_request', payload: githubPull({ action: 'opened', number: 1, commit: first }) });
  await ci.receive(PUSHES.github({ ref, after: first }));
  t.is(ci.jobs.jobs.length, 1);
  const second = pusher.commit({ 'a.txt': '2' });
  await publish(ci, pusher, 'main:refs/heads/topic');
  await ci.receive(PUSHES.github({ ref, before: first, after: second }));
  await ci.receive({ event: 'pull_request', payload: githubPull({ action: 'synchronize', number: 1, commit: first }) });
  t.deepEqual(
    ci.jobs.jobs.map(({ commit, state }) => [commit, state]),
    [
      [first, 'cancelled'],
      [second, 'queued'],
    ],
  );
});

test('a branch that is deleted at the forge is gone here, and its job is cancelled', async (t) => {
  await using ci = await Ci.start('github');
  using pusher = new Pusher({ 'a.txt': '1' });
  const after = await publish(ci, pusher);
  await ci.receive(PUSHES.github({ after }));
  await ci.receive(PUSHES.github({ before: after, after: NONE }));
  await ci.receive(PUSHES.github({ ref: 'refs/heads/never-there', before: after, after: NONE }));
  t.deepEqual([ci.jobs.jobs[0]?.state, ci.troubles], ['cancelled', []]);
});

test('a commit that cannot be fetched is tried again, told without the token, and given up', async (t) => {
  await using ci = await Ci.start('github', { token: 'wrong-token' });
  using pusher = new Pusher({ 'a.txt': '1' });
  await ci.receive(PUSHES.github({ after: await publish(ci, pusher) }));
  t.is(ci.troubles.length, 3);
  t.false(ci.troubles.join().includes('wrong-token'));
  t.deepEqual(ci.jobs.jobs, []);
  await ci.restart();
  await ci.webhooks.settled();
  t.is(ci.troubles.length, 3);
});

test('what was accepted by a server that ended is done by the next one', async (t) => {
  await using ci = await Ci.start('github');
  using pusher = new Pusher({ 'a.txt': '1' });
  const after = await publish(ci, pusher);
  t.is(ci.deliver(PUSHES.github({ after })).status, 202);
  await ci.restart();
  await ci.webhooks.settled();
  t.is(ci.jobs.jobs.length, 1);
});
