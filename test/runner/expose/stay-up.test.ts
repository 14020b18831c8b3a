import { connect } from 'node:net';

import test from 'ava';

import type { BuildEvent, Exposed } from '../../../runner/build-event.ts';
import type { FakeScript } from '../../helpers/fake-machine.ts';
import { type FakeRun, FakeProject } from '../fake-project.ts';
import { GuestServer } from './web-guest.ts';

const LAYERFILE = 'FROM vm/debian:12\nRUN BACKGROUND serve\nEXPOSE WEBSITE localhost:3000\n';

/** A project whose guests have `website` on every port. */
function projectWith(website: GuestServer, files: Readonly<Record<string, string>>, script?: FakeScript): FakeProject {
  const project = new FakeProject(files, script);
  project.machines.ports = () => connect(website.port, '127.0.0.1');
  return project;
}

interface UpRun {
  readonly run: FakeRun;
  readonly exposed: readonly Exposed[];
}

/** `layer run --up`; `whileUp` is called once all is exposed, and then somebody interrupts. */
async function runUp(
  project: FakeProject,
  whileUp: (exposed: readonly Exposed[]) => Promise<void>,
  onEvent: (event: BuildEvent) => void = () => undefined,
): Promise<UpRun> {
  const controller = new AbortController();
  const exposed: Exposed[] = [];
  let done: Promise<void> = Promise.resolve();
  const run = await project.run({
    up: true,
    signal: controller.signal,
    emit: (event) => {
      onEvent(event);
      if (event.event === 'exposed') exposed.push(event);
      if (event.event === 'up') done = whileUp(exposed).finally(() => controller.abort(new Error('Ctrl-C')));
    },
  });
  await done;
  return { run, exposed };
}

async function textAt({ url }: Exposed): Promise<string> {
  return (await fetch(url)).text();
}

test('the machine that was built stays, and its website is served at the URL that is told, until somebody interrupts', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  using project = projectWith(website, { Layerfile: LAYERFILE });
  const { run, exposed } = await runUp(project, async ([site]) => {
    t.is(await textAt(site!), 'hello');
    t.false(project.machines.calls.slice(-1).includes('end'), 'the machine runs');
  });
  t.is(run.outcomes, 'ran ran ran');
  t.is(run.result.outcome, 'succeeded');
  t.is(run.calls.filter((call) => call === 'restore').length, 1);
  t.is(run.calls.at(-1), 'end');
  t.regex(exposed[0]!.url, /^http:\/\/localhost:2\d{4}\/$/);
  t.like(exposed[0], { layerfile: 'Layerfile', kind: 'website', guestPort: 3000 });
  t.deepEqual(
    run.events.slice(-3).map(({ event }) => event),
    ['result', 'exposed', 'up'],
  );
  await t.throwsAsync(textAt(exposed[0]!), { message: 'fetch failed' });
});

test('where every step is restored the last snapshot is restored for it, at the same URL, and nothing is saved', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  using project = projectWith(website, { Layerfile: LAYERFILE });
  const first = await runUp(project, async () => Promise.resolve());
  const again = await runUp(project, async ([site]) => void t.is(await textAt(site!), 'hello'));
  t.is(again.run.outcomes, 'restored restored restored');
  t.deepEqual(
    again.run.calls.filter((call) => !call.startsWith('forward')),
    ['restore', 'end'],
  );
  t.deepEqual(again.exposed, first.exposed);
  t.deepEqual((await project.run()).calls, [], 'without --up no machine is started');
});

test('several Layerfiles stay up together, each with what it exposes', async (t) => {
  await using website = await GuestServer.start((incoming, response) => response.end(incoming.url));
  using project = projectWith(website, {
    'a/Layerfile': 'FROM vm/debian:12\nEXPOSE WEBSITE localhost:3000 /a\nEXPOSE WEBSITE localhost:3001 /b /\n',
    'b/Layerfile': 'FROM vm/debian:12\nEXPOSE WEBSITE http://localhost:3002\nEXPOSE WEBSITE localhost:3003\n',
    'c/Layerfile': 'FROM vm/debian:12\nRUN nothing to see\n',
  });
  const { run, exposed } = await runUp(project, async ([a, b, other]) => {
    t.deepEqual([await textAt(a!), await textAt(b!), await textAt(other!)], ['/a', '/', '/']);
  });
  t.deepEqual(
    exposed.map(({ layerfile, guestPort }) => [layerfile, guestPort]),
    [
      ['a/Layerfile', 3000],
      ['a/Layerfile', 3001],
      ['b/Layerfile', 3002],
    ],
  );
  t.is(new URL(exposed[0]!.url).port, new URL(exposed[1]!.url).port);
  t.not(new URL(exposed[0]!.url).port, new URL(exposed[2]!.url).port);
  t.deepEqual(run.warnings, [
    'b/Layerfile:3: `EXPOSE WEBSITE localhost:3003` is not served: / is already taken above it',
  ]);
  t.is(run.calls.filter((call) => call === 'end').length, 4, 'one that was booted, and three that were restored');
});

test('a port of the host that is taken gives the next one to a website', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  using project = projectWith(website, { Layerfile: LAYERFILE });
  const second: UpRun[] = [];
  const first = await runUp(project, async () => {
    second.push(await runUp(project, async ([site]) => void t.is(await textAt(site!), 'hello')));
  });
  const portOf = ({ exposed }: UpRun): number => Number(new URL(exposed[0]!.url).port);
  t.true(portOf(second[0]!) > portOf(first) || portOf(second[0]!) === 20_000);
});

test('EXPOSE TCP is forwarded, and a port that is taken ends the run with an error', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  await using taken = await GuestServer.start(() => undefined);
  const { port: hostPort } = taken;
  using project = projectWith(website, {
    Layerfile: `FROM vm/debian:12\nEXPOSE TCP ${hostPort} :5432\nEXPOSE WEBSITE localhost:3000\n`,
  });
  await t.throwsAsync(
    runUp(project, async () => Promise.resolve()),
    { code: 'PORT_UNAVAILABLE', message: `Layerfile:2: port ${hostPort} of this host is taken` },
  );
  t.is(project.machines.calls.at(-1), 'end');
  await taken[Symbol.asyncDispose]();
  const { exposed } = await runUp(project, async ([, port]) => {
    t.is(await textAt({ ...port!, url: port!.url.replace('tcp:', 'http:') }), 'hello');
  });
  t.like(exposed[1], { kind: 'tcp', url: `tcp://localhost:${hostPort}`, guestPort: 5432 });
});

test('a machine that ends while it is up ends the run with an error that says so', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  using project = projectWith(website, { Layerfile: LAYERFILE });
  const error = await t.throwsAsync(
    project.run({
      up: true,
      emit: (event) => {
        if (event.event === 'up') project.machines.machines.at(-1)?.kill();
      },
    }),
    { code: 'MACHINE_DIED' },
  );
  t.is(error.message, 'Layerfile: while it was up: The machine ended unexpectedly');
});

test('a step that fails leaves nothing up', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  using project = projectWith(website, { Layerfile: `${LAYERFILE}RUN fail\n` }, (command) => ({
    exitCode: command.includes('fail') ? 1 : 0,
  }));
  const run = await project.run({ up: true });
  t.is(run.outcomes, 'ran ran ran failed');
  t.is(run.calls.at(-1), 'end');
  t.is(run.events.at(-1)?.event, 'result');
});

test('--up without anything to expose is refused before anything starts', async (t) => {
  using project = new FakeProject({ Layerfile: 'FROM vm/debian:12\nRUN a\n' });
  const error = await t.throwsAsync(project.run({ up: true }), { code: 'USAGE' });
  t.is(error.message, 'Layerfile has no EXPOSE, so --up has nothing to keep running');
  t.deepEqual(project.machines.calls, []);
});

test('a time limit is for the build, and not for what stays up after it', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  using project = projectWith(website, { Layerfile: LAYERFILE });
  await project.run();
  const controller = new AbortController();
  const limitMs = 2000;
  const startedMs = performance.now();
  const run = await project.run({
    up: true,
    timeoutMs: limitMs,
    signal: controller.signal,
    emit: (event) => {
      if (event.event === 'up') setTimeout(() => controller.abort(new Error('Ctrl-C')), limitMs);
    },
  });
  t.is(run.result.outcome, 'succeeded');
  t.true(performance.now() - startedMs > limitMs);
});

test('the machine of a run that is kept is told of no step below where the Layerfile ended', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('hello'));
  using project = projectWith(website, {
    Layerfile: `${LAYERFILE}BUTTON Deploy?\nEXPOSE WEBSITE localhost:3001 /deployed\n`,
  });
  const { run, exposed } = await runUp(project, async () => Promise.resolve());
  t.is(run.outcomes, 'ran ran ran skipped skipped');
  t.deepEqual(
    exposed.map(({ guestPort }) => guestPort),
    [3000],
  );
});

test('where the Layerfile ends above its EXPOSE nothing stays, and that is said', async (t) => {
  using project = new FakeProject({
    Layerfile: 'FROM vm/debian:12\nSKIP REMAINING IF CI=true\nEXPOSE WEBSITE localhost:3000\n',
  });
  const run = await project.run({ up: true });
  t.is(run.result.outcome, 'succeeded');
  t.is(run.warnings.at(-1), 'no EXPOSE was reached, so nothing is kept running');
});
