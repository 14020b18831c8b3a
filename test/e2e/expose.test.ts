import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { text } from 'node:stream/consumers';

import type { ExecutionContext } from 'ava';

import type { BuildEvent, Exposed } from '../../runner/index.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, resultOf, type Run, stepOf } from './project.ts';
import { untilGone } from './until-gone.ts';

const INTERRUPTED = 130;

/**
 * A website on each of two ports, which tells its port, path, host and who forwarded it, and echoes after an upgrade; on a
 * third port something that shouts back one line. It listens late: EXPOSE has to wait.
 */
const SERVER = `use strict; use IO::Socket::INET; use IO::Select;
$SIG{CHLD} = 'IGNORE'; $| = 1; sleep 4;
my %ports = map { $_ => IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_, Listen => 20, ReuseAddr => 1) } (3000, 3001, 5432);
print "listening\\n";
my $select = IO::Select->new(values %ports);
while (1) { for my $server ($select->can_read) {
  my $client = $server->accept or next; next if fork;
  my $port = $server->sockport; $client->autoflush(1);
  if ($port == 5432) { my $line = <$client>; print $client uc $line; exit }
  my ($request, %headers) = (scalar <$client>);
  while ((my $line = <$client>) =~ /^([^:]+): (.*?)\\r/) { $headers{lc $1} = $2 }
  if ($headers{upgrade}) {
    print $client "HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: $headers{upgrade}\\r\\n\\r\\n";
    while (sysread $client, my $bytes, 4096) { syswrite $client, $bytes } exit
  }
  my ($path) = $request =~ /^\\S+ (\\S+)/;
  my $body = "$port $path $headers{host} $headers{'x-forwarded-for'}\\n";
  print $client "HTTP/1.1 200 OK\\r\\nContent-Length: " . length($body) . "\\r\\n\\r\\n$body"; exit
} }
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface UpRun extends Run {
  readonly exposed: readonly Exposed[];
}

/** `layer run --up --json`; ended with a signal when `whileUp` is done. */
async function runUp(
  project: Project,
  signalName: NodeJS.Signals,
  whileUp: (exposed: readonly Exposed[]) => Promise<void>,
): Promise<UpRun> {
  const exposed: Exposed[] = [];
  let done: Promise<void> | undefined;
  const started = project.start(['run', '--up', '--json'], (event: BuildEvent) => {
    if (event.event === 'exposed') exposed.push(event);
    if (event.event === 'up') done = whileUp(exposed).finally(() => started.kill(signalName));
  });
  const run = await started.ended;
  if (done === undefined) throw new Error(`Nothing came up: ${run.stdout}${run.stderr}`);
  await done;
  return { ...run, exposed };
}

/** Asks everything that is exposed. */
async function useAll(t: ExecutionContext, [front, api, port]: readonly Exposed[], hostPort: number): Promise<void> {
  const { host } = new URL(front!.url);
  t.is(await (await fetch(`${front!.url}a?b=1`)).text(), `3000 /a?b=1 ${host} 127.0.0.1\n`);
  t.is(await (await fetch(`${api!.url}/users`)).text(), `3001 /v1/users ${host} 127.0.0.1\n`);
  t.is(await (await fetch(api!.url)).text(), `3001 /v1 ${host} 127.0.0.1\n`);
  t.like(port, { kind: 'tcp', url: `tcp://localhost:${hostPort}`, guestPort: 5432 });
  const shouting = connect(hostPort, '127.0.0.1');
  shouting.write('hello\n');
  t.is(await text(shouting), 'HELLO\n');
  const upgraded = connect(Number(new URL(front!.url).port), '127.0.0.1');
  upgraded.write(`GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  const [head] = (await once(upgraded, 'data')) as [Buffer];
  t.regex(head.toString(), /^HTTP\/1\.1 101 /);
  upgraded.write('ping');
  t.is(String(((await once(upgraded, 'data')) as [Buffer])[0]), 'ping');
  // Left open: what is up ends all the same.
}

machineTest(
  'websites and ports of a machine can be used while it is up, built or restored; BUTTON asks whom it can',
  async (t) => {
    const hostPort = await freePort();
    using project = Project.of({
      Layerfile: `FROM vm/debian:12
COPY . .
RUN BACKGROUND perl server.pl
EXPOSE WEBSITE localhost:3000
EXPOSE WEBSITE http://localhost:3001 /api /v1
EXPOSE TCP ${hostPort} :5432
BUTTON Deploy to production?
RUN echo deployed
`,
      'server.pl': SERVER,
    });

    const built = await runUp(project, 'SIGINT', async (exposed) => useAll(t, exposed, hostPort));
    t.is(built.exitCode, 0, built.stderr);
    t.is(outcomes(built), 'restored ran ran ran ran ran skipped skipped');
    t.true(stepOf(built, 4).durationMs > 1000, 'the website was not there at once');
    t.like(resultOf(built), { outcome: 'succeeded', waiting: 1 });
    t.like(stepOf(built, 7), { waiting: true });
    const warnings = built.events.flatMap((event) => (event.event === 'warning' ? [event.text] : []));
    t.deepEqual(warnings, ['the run waits at line 7 for a person: "Deploy to production?"']);
    t.true(await untilGone(() => project.strayMachines()));

    const prompt = '? Layerfile:7: Deploy to production? [y/n] ';
    const declined = await project.atTerminal(['run'], { prompt, typed: 'n\n' });
    t.is(declined.exitCode, 0);
    t.regex(declined.written, /declined at line 7/);
    const interrupted = await project.atTerminal(['run'], { prompt, typed: '\u0003' });
    t.is(interrupted.exitCode, INTERRUPTED);
    const agreed = await project.atTerminal(['run'], { prompt, typed: 'y\n' });
    t.is(agreed.exitCode, 0);
    t.regex(agreed.written, /8\/8 {2}\S*ran/);

    const restored = await runUp(project, 'SIGTERM', async (exposed) => useAll(t, exposed, hostPort));
    t.is(restored.exitCode, 0, restored.stderr);
    t.is(outcomes(restored), Array(8).fill('restored').join(' '));
    t.is(restored.machines, 1);
    t.deepEqual(restored.exposed, built.exposed, 'the URLs are the same in every run');
    t.true(await untilGone(() => project.strayMachines()));

    const killed = await runUp(project, 'SIGKILL', async () => delay(0));
    t.is(killed.signalName, 'SIGKILL');
    t.true(await untilGone(() => project.strayMachines()));
    t.is((await project.run()).machines, 0);
  },
);

machineTest(
  'a machine that dies while it is up, and a website that never comes, are told with what is known',
  async (t) => {
    using project = Project.of({
      Layerfile: `FROM vm/debian:12
RUN BACKGROUND echo cannot bind to port 3000; sleep 1000
RUN BACKGROUND perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalPort => 5432, Listen => 5); sleep 1000'
EXPOSE TCP ${await freePort()} :5432
`,
    });
    let struck = false;
    const started = project.start(['run', '--up', '--json'], (event) => {
      if (event.event !== 'up') return;
      struck = true;
      for (const pid of project.strayMachines()) process.kill(pid, 'SIGKILL');
    });
    const run = await started.ended;
    t.true(struck, run.stderr);
    t.is(run.exitCode, 3);
    t.regex(run.stderr, /^layer: Layerfile: while it was up: The machine ended unexpectedly/);

    // The limit of the whole run is shorter than that of EXPOSE, whose own end FakeProject's tests see.
    project.write('Layerfile', `${project.read('Layerfile')}EXPOSE WEBSITE localhost:3000\n`);
    const waiting = await project.run('--timeout', '20s');
    t.is(waiting.exitCode, 1);
    t.is(outcomes(waiting), 'restored restored restored restored failed');
    t.is(outputOf(waiting, 5), '');
  },
);
