import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { becomesTrue } from '../../helpers/processes.ts';
import { GitServer } from './git-server.ts';
import { Pusher } from './pusher.ts';

const NO_WAIT = ['-o', 'layer.nowait'];

test('the first push of a member makes the repository and a job, and says where that is', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const end = await pusher.run('push', ...NO_WAIT, server.url('web'), 'main');
  t.is(end.code, 0, end.stderr);
  t.deepEqual(Pusher.said(end), ['Layer: main is job 1: change', '  http://127.0.0.1:8464/jobs/1']);
  t.like(server.jobs.jobs[0], {
    repository: 'web',
    ref: 'refs/heads/main',
    branch: 'main',
    commit: pusher.git('rev-parse', 'HEAD'),
    title: 'change',
    author: 'test',
    pushedBy: "member's token",
    trust: 'trusted',
  });
  t.deepEqual(
    server.git.repositories.list().map(({ name }) => name),
    ['web'],
  );
  t.deepEqual(server.troubles, []);
});

test('what was pushed can be fetched by who may only read, and by git of protocol versions 0 and 2', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  await pusher.run('push', ...NO_WAIT, server.url('web'), 'main');
  for (const version of ['0', '2']) {
    const end = await pusher.run('-c', `protocol.version=${version}`, 'ls-remote', server.url('web', 'read'));
    t.true(end.stdout.includes('refs/heads/main'), end.stderr);
  }
  using other = new Pusher();
  const end = await other.run('fetch', '--depth=1', server.url('web', 'read'), 'main');
  t.is(end.code, 0, end.stderr);
});

test('who may only read cannot push, and nobody without a token sees anything', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const refused = await pusher.run('push', server.url('web', 'read'), 'main');
  t.not(refused.code, 0);
  t.true(refused.stderr.includes('403'), refused.stderr);
  t.deepEqual(server.git.repositories.list(), []);
  await pusher.run('push', ...NO_WAIT, server.url('web'), 'main');
  const answers = await Promise.all(
    ['web', 'none', '..'].map(async (name) => {
      const response = await fetch(`http://127.0.0.1:${server.port}/git/${name}.git/info/refs?service=git-upload-pack`);
      return [response.status, response.headers.get('www-authenticate'), await response.text()];
    }),
  );
  t.deepEqual(answers[0], [401, 'Basic realm="layer", charset="UTF-8"', 'A token is needed\n']);
  t.deepEqual(answers[1], answers[0]);
});

test('a large push is taken as a stream, and a fetch of it too', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher();
  const bytes = Buffer.alloc(6_000_000);
  for (let at = 0, value = 1; at < bytes.length; at++) bytes[at] = value = (value * 48271) % 2147483647;
  pusher.commit({ 'large.bin': bytes });
  const end = await pusher.run('push', ...NO_WAIT, server.url('large'), 'main');
  t.is(end.code, 0, end.stderr);
  using other = new Pusher();
  t.is((await other.run('fetch', server.url('large'), 'main')).code, 0);
  t.true(other.gitBytes('show', 'FETCH_HEAD:large.bin').equals(bytes));
});

test('a forced push, a tag and a deleted branch: a job, none, and the job cancelled', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  await pusher.run('push', ...NO_WAIT, server.url('web'), 'main', 'main:side');
  pusher.git('commit', '--quiet', '--amend', '-m', 'another');
  pusher.git('tag', 'v1');
  await pusher.run('push', ...NO_WAIT, '--force', server.url('web'), 'main', 'v1');
  t.deepEqual(
    server.jobs.jobs.map(({ branch, state, reason }) => [branch, state, reason]),
    [
      ['main', 'cancelled', 'superseded by job 3'],
      ['side', 'queued', null],
      ['main', 'queued', null],
    ],
  );
  const end = await pusher.run('push', ...NO_WAIT, server.url('web'), ':side');
  t.deepEqual(Pusher.said(end), ['Layer: side is gone; cancelled: job 2']);
  t.is(server.jobs.jobs[1]?.reason, "cancelled by member's token");
  t.false(server.jobs.knownRefs('web').has('refs/heads/side'));
});

test('a push of what is there already makes no job', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  await pusher.run('push', ...NO_WAIT, server.url('web'), 'main');
  const end = await pusher.run('push', ...NO_WAIT, server.url('web'), 'main');
  t.true(end.stderr.includes('Everything up-to-date'));
  t.is(server.jobs.jobs.length, 1);
});

test('a push of many branches makes a bounded number of jobs, says so, and none of the others later', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  for (let number = 0; number < 60; number++) pusher.git('branch', `b${number}`);
  const end = await pusher.run('push', server.url('many'), '--all', ...NO_WAIT);
  t.is(server.jobs.jobs.length, 50);
  t.true(end.stderr.includes('50 jobs at most; 11 branches got none'), end.stderr);
  await server.git.receiver.reconcile();
  t.is(server.jobs.jobs.length, 50);
});

test('what was pushed while nobody listened gets its job at the next start, once', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  await pusher.run('push', ...NO_WAIT, server.url('web'), 'main', 'main:gone');
  const { folder } = server.git.repositories.open('web')!;
  await server.close();
  pusher.commit({ 'a.txt': '2' });
  const end = await pusher.run('push', folder, 'main', ':gone');
  t.is(end.code, 0, end.stderr);
  t.deepEqual(Pusher.said(end), [
    'Layer: the CI server is not running. The push stands; its job begins when the server does.',
  ]);
  await server.open();
  t.like(server.jobs.jobs[2], { commit: pusher.git('rev-parse', 'HEAD'), branch: 'main', pushedBy: 'unknown' });
  t.is(server.jobs.jobs[1]?.state, 'cancelled');
  await server.git.receiver.reconcile();
  t.is(server.jobs.jobs.length, 3);
});

test('a push whose hook cannot be run gets its job when git has ended', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  await server.git.repositories.create('web');
  rmSync(join(server.data, 'hooks', 'post-receive'));
  const end = await pusher.run('push', server.url('web'), 'main');
  t.is(end.code, 0, end.stderr);
  t.true(await becomesTrue(() => server.jobs.jobs.length === 1));
});

test('a push straight into the folder of a repository is told of, too', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const { folder } = await server.git.repositories.create('web');
  const end = await pusher.run('push', ...NO_WAIT, folder, 'main');
  t.is(end.code, 0, end.stderr);
  t.is(server.jobs.jobs.length, 1);
  t.true(existsSync(join(folder, 'HEAD')));
  t.deepEqual(readdirSync(join(server.data, 'repositories')), ['web.git']);
});
