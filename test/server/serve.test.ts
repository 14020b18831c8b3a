import test, { type ExecutionContext } from 'ava';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';

import {
  createToken,
  listTokens,
  revokeToken,
  type RunningServer,
  type ServeOptions,
  startServer,
} from '../../server/index.ts';
import { GitRepository } from '../helpers/git-repository.ts';

const run = promisify(execFile);

/** The command line from its sources: this process is a test's. */
const WORKERS = {
  program: {
    script: join(import.meta.dirname, '../../cli/main.ts'),
    args: ['serve-worker'],
    nodeArguments: ['--disable-warning=ExperimentalWarning'],
  },
};

interface Place {
  readonly options: ServeOptions;
  readonly log: () => string;
}

function place(t: ExecutionContext): Place {
  const home = mkdtempSync(join(tmpdir(), 'layer-serve-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const lines: string[] = [];
  const log = { sink: { write: (line: string) => void lines.push(line) }, form: 'json' } as const;
  const options = {
    home,
    data: join(home, 'server'),
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    jobs: 1,
    memoryMib: 1024,
    log,
    version: '0.0.0',
    workers: WORKERS,
  };
  return { options, log: () => lines.join('') };
}

async function started(t: ExecutionContext, options: ServeOptions): Promise<RunningServer> {
  const server = await startServer(options);
  t.teardown(() => server.end());
  return server;
}

async function ask(
  server: RunningServer,
  path: string,
  token = server.told.token,
): Promise<{ status: number; text: string }> {
  const asked = get(`${server.told.url}${path}`, { headers: { authorization: `Bearer ${token ?? ''}` }, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: (await response.setEncoding('utf8').toArray()).join('') };
}

test('a server tells a first token once, and is ready when it has started', async (t) => {
  const { options } = place(t);
  const server = await startServer(options);
  t.regex(server.told.token ?? '', /^layer_/);
  t.is((await ask(server, '/readyz', '')).status, 200);
  t.is((await ask(server, '/api/jobs')).status, 200);
  await server.end();
  const again = await started(t, options);
  t.is(again.told.token, null);
  t.is((await ask(again, '/api/jobs', server.told.token)).status, 200);
});

test('one server works in a folder; a taken port, a newer database are told with what to do', async (t) => {
  const { options } = place(t);
  const server = await started(t, options);
  const second = await t.throwsAsync(startServer(options));
  t.like(second, { name: 'LayerError', code: 'SERVER_RUNNING', exitCode: 3 });
  const other = place(t).options;
  const taken = await t.throwsAsync(startServer({ ...other, port: Number(new URL(server.told.url).port) }));
  t.like(taken, { code: 'PORT_UNAVAILABLE' });
  t.regex(taken.message, /another program listens there/);
  // What could not start has left nothing that keeps the next one from starting.
  const third = await startServer(other);
  await third.end();
  const database = new DatabaseSync(join(other.data, 'server.sqlite'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  t.like(await t.throwsAsync(startServer(other)), { code: 'CACHE_TOO_NEW' });
});

test('tokens that are made and revoked at the command line count at once in a running server', async (t) => {
  const { options } = place(t);
  const server = await started(t, options);
  const { token, id } = createToken(options.data, 'ann', 'read');
  t.is((await ask(server, '/api/session', token)).status, 200);
  t.deepEqual(
    listTokens(options.data).map(({ name }) => name),
    ['first', 'ann'],
  );
  revokeToken(options.data, id);
  t.is((await ask(server, '/api/session', token)).status, 401);
  t.throws(() => revokeToken(options.data, id), { message: /There is no token/ });
  t.throws(() => createToken(options.data, 'first', 'read'), { message: /There is a token called/ });
  t.throws(() => createToken(options.data, 'a\nb', 'read'), { message: /no name for a token/ });
});

test('a push is a job with a log to read and a line in the metrics, and no token gets into the log', async (t) => {
  const { options, log } = place(t);
  const server = await started(t, options);
  const { token } = createToken(options.data, 'ann', 'member');
  using repository = new GitRepository({ README: 'no Layerfile here\n' });
  const { host } = new URL(server.told.url);
  const pushed = await run('git', ['push', `http://layer:${token}@${host}/git/made.git`, 'HEAD:refs/heads/main'], {
    cwd: repository.folder,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
  t.regex(pushed.stderr, /remote: Layer: main is job 1/);
  t.true(pushed.stderr.includes(`${server.told.url}/jobs/1`));
  const { text } = await ask(server, '/api/jobs/1');
  t.like((JSON.parse(text) as { job: object }).job, { repository: 'made', branch: 'main', pushedBy: 'ann' });
  t.regex((await ask(server, '/metrics')).text, /^layer_pushes_total 1$/m);
  t.regex(server.describe(), /^jobs that run, \d of at most \d+/m);
  t.regex(server.describe(), /^machines, at most 1, 0 of 1024 MiB taken/m);
  await server.end();
  t.true(log().includes('git-receive-pack'));
  for (const secret of [token, server.told.token ?? '', Buffer.from(`layer:${token}`).toString('base64')])
    t.false(log().includes(secret));
});

test('an end does not wait for readers: streams are told to come back later', async (t) => {
  const { options } = place(t);
  const server = await startServer(options);
  const asked = get(`${server.told.url}/api/jobs/live`, {
    headers: { authorization: `Bearer ${server.told.token ?? ''}` },
    agent: false,
  });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const read = response.setEncoding('utf8').toArray();
  await server.end();
  t.regex((await read).join(''), /retry: 5000\n\n$/);
  const probe = createServer().listen(Number(new URL(server.told.url).port), '127.0.0.1');
  await once(probe, 'listening');
  probe.close();
});
