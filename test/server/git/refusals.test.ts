import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import test from 'ava';

import { becomesTrue, processesIn } from '../../helpers/processes.ts';
import { GitServer } from './git-server.ts';
import { Pusher } from './pusher.ts';

const NONE = '0'.repeat(40);
const SOME = '1'.repeat(40);

interface Asked {
  readonly method?: string;
  readonly role?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

async function ask(server: GitServer, path: string, asked: Asked = {}): Promise<Response> {
  const { method = 'GET', role = 'member', type, headers = {}, body } = asked;
  const authorization = `Basic ${Buffer.from(`layer:${role}`).toString('base64')}`;
  const content = type === undefined ? {} : { 'content-type': `application/x-git-${type}-request` };
  const init = { method, headers: { authorization, ...content, ...headers }, ...(body === undefined ? {} : { body }) };
  return fetch(`http://127.0.0.1:${server.port}/git/${path}`, init);
}

/** gitprotocol-common(5). */
function packet(text: string): string {
  return (text.length + 4).toString(16).padStart(4, '0') + text;
}

function pushOf(ref: string, pack: Buffer, after = SOME): Buffer {
  const command = packet(`${NONE} ${after} ${ref}\0 report-status side-band-64k agent=test`);
  return Buffer.concat([Buffer.from(`${command}0000`), pack]);
}

/** What git keeps aside until it has checked it. */
function leftOver(server: GitServer, name: string): readonly string[] {
  const { folder } = server.git.repositories.open(name)!;
  return readdirSync(join(folder, 'objects')).filter((entry) => !['info', 'pack'].includes(entry));
}

test('whatever is no part of the smart protocol is refused, and no file of a repository is given', async (t) => {
  await using server = await GitServer.start();
  await server.git.repositories.create('web');
  const refused = [
    ['web.git/info/refs', 403],
    ['web.git/HEAD', 403],
    ['web.git/objects/info/packs', 403],
    ['web.git/config', 404],
    ['web.git/hooks/post-receive', 404],
    ['web.git/info/refs?service=git-upload-archive', 403],
    ['web.git/info/refs?service=git-upload-pack&x=1', 403],
    ['web.git/info/refs?service=git-upload-pack%00', 403],
    ['web.git', 404],
  ] as const;
  for (const [path, status] of refused) t.is((await ask(server, path)).status, status, path);
  t.is((await ask(server, 'web.git/info/refs?service=git-upload-pack', { method: 'POST' })).status, 405);
  t.is((await ask(server, 'web.git/git-upload-pack')).status, 405);
  t.is((await ask(server, 'web.git/git-upload-archive', { method: 'POST', type: 'upload-archive' })).status, 404);
  t.is((await ask(server, 'web.git/git-upload-pack', { method: 'POST', type: 'receive-pack', body: '' })).status, 415);
  const deflated = { method: 'POST', type: 'upload-pack', headers: { 'content-encoding': 'deflate' }, body: 'x' };
  t.is((await ask(server, 'web.git/git-upload-pack', deflated)).status, 415);
});

test('names that lead elsewhere are of no repository, and none is made of them', async (t) => {
  await using server = await GitServer.start();
  const names = [
    '..',
    '%2e%2e',
    '..%2f..%2fetc',
    '%2fetc',
    '-x',
    '--upload-pack=x',
    'A',
    'a%00b',
    'x.lock',
    'a..b',
    '.hidden',
  ];
  for (const name of [...names, 'a'.repeat(65), '%3Cscript%3E', 'a%0ab']) {
    for (const service of ['git-upload-pack', 'git-receive-pack']) {
      const response = await ask(server, `${name}.git/info/refs?service=${service}`);
      t.is(response.status, 404, name);
      t.false((await response.text()).includes('<script'));
    }
  }
  t.deepEqual(readdirSync(join(server.data, 'repositories')), []);
});

test('who may only read is refused the service itself, not only its list of refs', async (t) => {
  await using server = await GitServer.start();
  await server.git.repositories.create('web');
  const body = pushOf('refs/heads/main', Buffer.alloc(0));
  const answer = await ask(server, 'web.git/git-receive-pack', {
    method: 'POST',
    role: 'read',
    type: 'receive-pack',
    body,
  });
  t.is(answer.status, 403);
});

test('malformed packs, bad names of refs and rubbish are refused, leave nothing, and the server goes on', async (t) => {
  await using server = await GitServer.start();
  await server.git.repositories.create('web');
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\x01', 'latin1');
  const bodies = [
    pushOf('refs/heads/main', Buffer.concat([header, Buffer.from('rubbish that is no object at all')])),
    pushOf('refs/heads/main', Buffer.from('no pack')),
    pushOf('refs/heads/main', Buffer.alloc(0)),
    pushOf('refs/heads/../../x', Buffer.alloc(0)),
    pushOf('HEAD', Buffer.alloc(0)),
    Buffer.from('ffffrubbish'),
    Buffer.from('zzzz'),
    Buffer.alloc(100_000, 0x30),
    gzipSync(pushOf('refs/heads/main', Buffer.from('no pack'))),
  ];
  for (const [index, body] of bodies.entries()) {
    const headers: Record<string, string> = index === bodies.length - 1 ? { 'content-encoding': 'gzip' } : {};
    const answer = await ask(server, 'web.git/git-receive-pack', {
      method: 'POST',
      type: 'receive-pack',
      headers,
      body,
    });
    await answer.arrayBuffer();
    t.deepEqual(leftOver(server, 'web'), [], String(index));
  }
  t.deepEqual(server.jobs.jobs, []);
  using pusher = new Pusher({ 'a.txt': '1' });
  const end = await pusher.run('push', '-o', 'layer.nowait', server.url('web'), 'main');
  t.is(end.code, 0, end.stderr);
});

test('a commit that is broken on purpose is refused', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const tree = pusher.git('rev-parse', 'HEAD^{tree}');
  pusher.write('broken', `tree ${tree}\nauthor nobody\ncommitter nobody\n\nx\n`);
  const commit = pusher.git('hash-object', '-t', 'commit', '-w', '--literally', 'broken');
  const end = await pusher.run('push', server.url('web'), `${commit}:refs/heads/main`);
  t.not(end.code, 0);
  t.true(end.stderr.includes('fsck error'), end.stderr);
  t.deepEqual(server.jobs.jobs, []);
});

test('a push that is too large is refused, with the reason for the pusher', async (t) => {
  await using server = await GitServer.start({ maxPackBytes: 100_000 });
  using pusher = new Pusher();
  pusher.commit({ 'large.bin': randomBytes(2_000_000) });
  const end = await pusher.run('push', server.url('web'), 'main');
  t.not(end.code, 0);
  t.true(end.stderr.includes('exceeds maximum allowed size'), end.stderr);
  t.true(await becomesTrue(() => leftOver(server, 'web').length === 0));
  const asked = { method: 'POST', type: 'upload-pack', body: Buffer.alloc(65 * 2 ** 20) };
  const answer = await ask(server, 'web.git/git-upload-pack', asked).catch(() => null);
  t.true(answer === null || answer.status === 413);
});

test('nobody may write the refs that pull requests are kept in', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const end = await pusher.run('push', server.url('web'), 'main:refs/pull/1/head');
  t.not(end.code, 0);
  t.true(end.stderr.includes('hidden ref'), end.stderr);
});

test('half a request ends its git when the client goes away, and leaves nothing', async (t) => {
  await using server = await GitServer.start();
  const { folder } = await server.git.repositories.create('web');
  const authorization = Buffer.from('layer:member').toString('base64');
  const head = (length: number): string =>
    [
      'POST /git/web.git/git-receive-pack HTTP/1.1',
      'Host: x',
      `Authorization: Basic ${authorization}`,
      'Content-Type: application/x-git-receive-pack-request',
      `Content-Length: ${length}`,
      '',
      '',
    ].join('\r\n');
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(head(1_000_000));
  socket.write(pushOf('refs/heads/main', Buffer.from('PACK\0\0\0\x02\0\0\0\x09', 'latin1')));
  t.true(await becomesTrue(() => processesIn(folder).length > 0));
  socket.destroy();
  t.true(await becomesTrue(() => server.git.http.figures.taken === 0));
  t.deepEqual(processesIn(folder), []);
  t.deepEqual(leftOver(server, 'web'), []);
});

test('a client that expects to be told to go on is told so', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  const flags = ['-c', 'http.extraHeader=Expect: 100-continue', '-c', 'http.postBuffer=1000'];
  const end = await pusher.run(...flags, 'push', '-o', 'layer.nowait', server.url('web'), 'main');
  t.is(end.code, 0, end.stderr);
});

test('where too many wait for their turn, more are told to come again', async (t) => {
  await using server = await GitServer.start({ places: { atOnce: 0, waiting: 0 } });
  await server.git.repositories.create('web');
  const answer = await ask(server, 'web.git/info/refs?service=git-upload-pack');
  t.is(answer.status, 503);
  t.is(answer.headers.get('retry-after'), '5');
});
