import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import websocket from '@fastify/websocket';
import type { ExecutionContext } from 'ava';
import fastify from 'fastify';

import { openMachineSlots } from '../../runner/index.ts';
import { Terminals } from '../../server/terminals/index.ts';
import { Websites } from '../../server/websites/index.ts';
import type { Job } from '../../server/jobs/job.ts';
import { MachinePool } from '../../server/jobs/machine-pool.ts';
import { workForPeople } from '../../server/jobs/work-for-people.ts';
import type { StartWork } from '../../server/worker/machine-worker.ts';
import { becomesTrue } from '../helpers/processes.ts';
import { fakeJob } from '../server/terminals/fake-work.ts';
import { SocketClient } from '../server/terminals/socket-client.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, Project } from './project.ts';
import { untilGone } from './until-gone.ts';

const SERVER = `use strict; use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 3000, Listen => 5, ReuseAddr => 1);
while (my $client = $server->accept) {
  my ($path) = <$client> =~ /^\\S+ (\\S+)/; while (<$client> =~ /\\S/) {}
  my $body = "guest: $path\\n";
  print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " . length($body) . "\\r\\n\\r\\n$body"; close $client
}
`;
const LAYERFILE = `FROM vm/debian:12
BUILD ENV JOB_ID
COPY . .
RUN BACKGROUND perl server.pl
EXPOSE WEBSITE localhost:3000
RUN echo half > /root/half; exit 3
`;
const WORKER = { script: join(import.meta.dirname, '../../cli/main.ts'), args: ['serve-worker'], nodeArguments: [] };
const LIMIT_MS = 60_000;

/** Workers as a server starts them, on a commit of a bare repository. */
async function realWorkers(bare: string, home: string): Promise<StartWork> {
  const machines = new MachinePool(await openMachineSlots({ jobs: 1, memoryMib: 4096 }));
  const folders = { home, data: join(home, 'server'), repositoryOf: () => bare };
  return workForPeople({ folders, machines, workers: { program: WORKER } });
}

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function terminalServer(
  t: ExecutionContext,
  terminals: Terminals,
  job: Job,
): Promise<(step: string) => Promise<SocketClient>> {
  const app = fastify();
  await app.register(websocket);
  let step = '';
  const place = { job, layerfile: 'Layerfile', columns: 80, rows: 24 };
  app.get('/', { websocket: true }, (socket) => terminals.open(socket, { ...place, step }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => app.close());
  const { port } = app.server.address() as AddressInfo;
  return async (wanted) => {
    step = wanted;
    return SocketClient.open(port);
  };
}

machineTest(
  'what a job left is there for people: a terminal after any step, failed ones too, and websites that wake when they are asked for',
  async (t) => {
    using project = Project.of({ Layerfile: LAYERFILE, 'server.pl': SERVER });
    const bare = join(project.repository, '../bare.git');
    execFileSync('git', ['clone', '--quiet', '--bare', project.repository, bare]);
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: bare, encoding: 'utf8' }).trim();
    const built = await project.run('-C', bare, '--rev', commit, '--build-env', 'JOB_ID=7');
    t.is(outcomes(built), 'restored ran ran ran ran failed', built.stderr);

    const job = { ...fakeJob(), commit };
    const startWork = await realWorkers(bare, project.home);
    await using terminals = new Terminals({ startWork });
    const open = await terminalServer(t, terminals, job);
    for (const [step, kind, prompt] of [
      ['5', 'restored', /main-layerfile:5 ~# $/],
      ['6', 'failed', /main-layerfile:6! ~# $/],
    ] as const) {
      using client = await open(step);
      const isThere = await becomesTrue(() => prompt.test(client.printed) || client.close !== null, LIMIT_MS);
      t.true(isThere, JSON.stringify([client.texts, client.printed]));
      t.like(
        client.texts.find(({ type }) => type === 'state'),
        { kind, step: { number: Number(step) } },
      );
      client.control({ type: 'resize', columns: 100, rows: 30 });
      client.type('cat half; stty size; exit 4\r');
      t.true(await becomesTrue(() => client.close !== null, LIMIT_MS));
      t.regex(client.printed, step === '6' ? /\rhalf\r\n30 100\r\n/ : /No such file or directory\r\n30 100\r\n/);
      t.deepEqual(client.texts.at(-1), { type: 'ended', exitCode: 4 });
    }

    let port = 0;
    await using websites = new Websites({
      startWork,
      eventsOf: async function* () {
        for (const event of built.events) yield await Promise.resolve(JSON.stringify(event));
      },
      isKnown: () => true,
      port: () => port,
      limits: { idleMs: 500, pageMs: LIMIT_MS },
    });
    port = await listening(
      t,
      createServer((incoming, response) => websites.handle(incoming, response)),
    );
    const ticket = await websites.ticket(job, 'Layerfile', { name: 'ann', role: 'member', by: 'session' });
    const ask = async (path: string, headers: Record<string, string>): Promise<readonly [string, string]> => {
      const { host } = new URL(ticket ?? '');
      const asking = request({ host: '127.0.0.1', port, path, headers: { host, ...headers }, agent: false }).end();
      const [response] = (await once(asking, 'response')) as [import('node:http').IncomingMessage];
      return [await text(response), response.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''];
    };
    const { pathname, search } = new URL(ticket ?? '');
    const [, cookie] = await ask(`${pathname}${search}`, {});
    t.deepEqual(await ask('/first', { cookie }), ['guest: /first\n', '']);
    t.deepEqual(websites.describe(), ['websites of job 7, "Layerfile": awake']);
    t.true(await becomesTrue(() => websites.describe().length === 0, LIMIT_MS));
    t.deepEqual(await ask('/again', { cookie }), ['guest: /again\n', '']);
    await websites[Symbol.asyncDispose]();
    t.true(await untilGone(() => project.strayMachines()));
  },
);
