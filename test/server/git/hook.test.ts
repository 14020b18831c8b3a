import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

import test from 'ava';

import { installHook } from '../../../server/git/index.ts';
import { LayerError } from '../../../util/layer-error.ts';
import { GitRepository } from '../../helpers/git-repository.ts';
import { GitServer } from './git-server.ts';
import { Pusher } from './pusher.ts';

const NO_WAIT = ['-o', 'layer.nowait'];

function install(server: GitServer, path: string, name?: string): ReturnType<typeof installHook> {
  const { repositories } = server.git;
  return installHook(path, { repositories, jobs: server.jobs, dataFolder: server.data, ...(name ? { name } : {}) });
}

test('an existing repository with a hook of its own: both hooks run, and what was there before makes no job', async (t) => {
  await using server = await GitServer.start();
  using bare = new GitRepository({}, '--bare');
  using pusher = new Pusher({ 'a.txt': '1' });
  await pusher.run('push', bare.folder, 'main:old');
  const own = join(bare.folder, 'hooks', 'post-receive');
  mkdirSync(join(bare.folder, 'hooks'), { recursive: true });
  writeFileSync(own, '#!/bin/sh\necho "own hook: $(cat)"\n', { mode: 0o755 });
  const installed = await install(server, bare.folder, 'shared');
  t.like(installed, { name: 'shared', branches: 1, hook: own });
  bare.git('config', 'receive.advertisePushOptions', 'true');
  const end = await pusher.run('push', ...NO_WAIT, bare.folder, 'main');
  t.is(end.code, 0, end.stderr);
  const commit = pusher.git('rev-parse', 'HEAD');
  t.deepEqual(Pusher.said(end), [
    `own hook: ${'0'.repeat(40)} ${commit} refs/heads/main`,
    'Layer: main is job 1: change',
    '  http://127.0.0.1:8464/jobs/1',
  ]);
  t.is(server.jobs.jobs.length, 1);
  t.like(await install(server, bare.folder, 'shared'), { name: 'shared' });
  t.true(readFileSync(`${own}.before-layer`, 'utf8').includes('own hook'));
  t.false(readFileSync(own, 'utf8').includes('own hook'));
});

test('a registered repository is served over HTTP under its name', async (t) => {
  await using server = await GitServer.start();
  using bare = new GitRepository({}, '--bare');
  await install(server, bare.folder, 'shared');
  using pusher = new Pusher({ 'a.txt': '1' });
  const end = await pusher.run('push', ...NO_WAIT, server.url('shared'), 'main');
  t.is(end.code, 0, end.stderr);
  t.like(server.jobs.jobs[0], { repository: 'shared', pushedBy: "member's token" });
});

test('what is no bare repository, has its hooks elsewhere, or a name that is taken, is refused with what to do', async (t) => {
  await using server = await GitServer.start();
  using worktree = new GitRepository({ 'a.txt': '1' });
  using bare = new GitRepository({}, '--bare');
  using other = new GitRepository({}, '--bare');
  const said = async (path: string, name?: string): Promise<string> => {
    const error = await t.throwsAsync(async () => install(server, path, name), { instanceOf: LayerError });
    return `${error.message}; ${error.hint ?? ''}`;
  };
  t.regex(await said(worktree.folder), /with a working tree.*git clone --bare/);
  t.regex(await said(server.data), /is no git repository/);
  t.regex(await said('/does/not/exist'), /Cannot use/);
  t.regex(await said(bare.folder, '../x'), /no name for a repository.*Choose another/);
  await install(server, other.folder, 'taken');
  t.regex(await said(bare.folder, 'taken'), /another repository called `taken`.*--name/);
  bare.git('config', 'core.hooksPath', '/somewhere/else');
  t.regex(await said(bare.folder, 'mine'), /core\.hooksPath.*--unset/);
  t.false(existsSync('/somewhere/else'));
});

test("a repository that is a link to elsewhere is none of the server's", async (t) => {
  await using server = await GitServer.start();
  using bare = new GitRepository({}, '--bare');
  symlinkSync(bare.folder, join(server.data, 'repositories', 'linked.git'));
  await t.throwsAsync(async () => server.git.repositories.create('linked'));
  t.is(server.git.repositories.open('linked'), null);
});

test("only the server's user reaches its socket", async (t) => {
  await using server = await GitServer.start();
  t.is(statSync(join(server.data, 'hook.sock')).mode & 0o777, 0o600);
});

test('what somebody wrote in a commit or a branch reaches the terminal without its control characters', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const title = '\u001b[31m<script>alert(1)</script>\u0007 $(touch /tmp/x) `id`';
  pusher.git('commit', '--quiet', '--amend', '-m', title);
  const branch = '<script>$(id)`id`\'"|;&';
  const end = await pusher.run('push', ...NO_WAIT, server.url('web'), `main:refs/heads/${branch}`);
  t.is(end.code, 0, end.stderr);
  t.is(Pusher.said(end)[0], `Layer: ${branch} is job 1: <script>alert(1)</script> $(touch /tmp/x) \`id\``);
  t.like(server.jobs.jobs[0], { branch, title });
});

test('rubbish at the socket is answered and hurts nobody', async (t) => {
  await using server = await GitServer.start();
  const hello = { version: 1, folder: '/x', updates: [], options: [], pushedBy: 'x', push: null, more: 0 };
  const messages = ['rubbish\n', '{}\n', '[]\n', 'null\n', `${JSON.stringify({ ...hello, version: 9 })}\n`];
  const bad = { ...hello, updates: [['x', 'y', 'refs/heads/../../x']] };
  for (const message of [...messages, `${JSON.stringify(bad)}\n`, `${JSON.stringify(hello)}\n`]) {
    const socket = connect(join(server.data, 'hook.sock')).setEncoding('utf8');
    let said = '';
    socket.on('data', (text: string) => (said += text));
    socket.write(message);
    await once(socket, 'close');
    t.true(said.endsWith('{"end":true}\n'), said);
    t.regex(said, /does not (understand|know)/);
  }
  t.deepEqual(server.jobs.jobs, []);
});

test('a server that cannot take a push says so, and takes it when it is looked at again', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  server.jobs.failing = new Error('the disk is full');
  const end = await pusher.run('push', server.url('web'), 'main');
  t.is(end.code, 0);
  t.deepEqual(Pusher.said(end), ['Layer: the CI server cannot take this now; its log says why. The push stands.']);
  t.true(server.troubles.some((trouble) => trouble.includes('the disk is full')));
  server.jobs.failing = null;
  await server.git.receiver.reconcile();
  t.is(server.jobs.jobs.length, 1);
});

test('a hook whose installation has gone says so, and the push stands', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const hook = join(server.data, 'hooks', 'post-receive');
  writeFileSync(hook, readFileSync(hook, 'utf8').replace(/^client=.*$/m, "client='/gone'"));
  chmodSync(hook, 0o755);
  const end = await pusher.run('push', server.url('web'), 'main');
  t.is(end.code, 0);
  t.regex(Pusher.said(end)[0] ?? '', /not installed where it was/);
});

test('pushes that are told in the wrong order become jobs in the right one, each once', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const repository = await server.git.repositories.create('web');
  const { receiver } = server.git;
  const ref = 'refs/heads/main';
  const commits = [pusher.git('rev-parse', 'HEAD'), pusher.commit({ 'a.txt': '2' }), pusher.commit({ 'a.txt': '3' })];
  const [first = null, second = null, third = null] = commits;
  await server.close();
  await pusher.run('push', repository.folder, 'main');
  const pushed = (before: string | null, after: string | null): ReturnType<typeof receiver.receive> =>
    receiver.receive({ repository, updates: [{ ref, before, after }], pushedBy: 'ada' });
  await pushed(null, first);
  const late = await pushed(second, third);
  t.like(late[0], { kind: 'job', job: { commit: third, state: 'queued' } });
  t.like((await pushed(first, second))[0], { kind: 'known', job: { commit: second, state: 'cancelled' } });
  t.like((await pushed(second, third))[0], { kind: 'known', job: { commit: third } });
  t.like((await pushed(null, first))[0], { kind: 'overtaken' });
  t.like((await pushed(third, null))[0], { kind: 'overtaken' });
  t.deepEqual(
    server.jobs.jobs.map(({ commit }) => commit),
    commits,
  );
});
