import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import test, { type ExecutionContext } from 'ava';

import { keepWebsites, type KeepWebsitesOptions } from '../../../runner/expose/keep-websites.ts';
import { FakeProject } from '../fake-project.ts';
import { GuestServer } from './web-guest.ts';

const LAYERFILE = `FROM vm/debian:12
RUN BACKGROUND serve
EXPOSE WEBSITE localhost:3000
RUN test
`;

async function website(): Promise<GuestServer> {
  return GuestServer.start((incoming, response) => response.end(`asked for ${incoming.url ?? ''}`));
}

function projectWith(guest: GuestServer, layerfile: string, failing = 'nothing'): FakeProject {
  const project = new FakeProject({ 'web/Layerfile': layerfile }, (command) => ({
    exitCode: command.includes(failing) ? 1 : 0,
  }));
  project.machines.ports = () => connect(guest.port, '127.0.0.1');
  project.git('add', '.');
  project.git('-c', 'user.name=t', '-c', 'user.email=t@e', 'commit', '--quiet', '-m', 'c');
  return project;
}

/** Keeps them while `use` is under way; it is given a path, and resolves to what is answered. */
async function keeping(
  t: ExecutionContext,
  project: FakeProject,
  use: (ask: (path: string) => Promise<string>) => Promise<void>,
  given: Partial<KeepWebsitesOptions> = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'layer-kept-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const controller = new AbortController();
  const ready = Promise.withResolvers<undefined>();
  const options: KeepWebsitesOptions = {
    path: 'web/Layerfile',
    copy: null,
    leastSteps: 4,
    rev: 'HEAD',
    directory: project.repository,
    home: project.home,
    accelerator: 'tcg',
    machines: project.machines,
    signal: controller.signal,
    emit: () => undefined,
    socket: join(folder, 'web.sock'),
    onReady: () => ready.resolve(undefined),
    ...given,
  };
  const kept = keepWebsites(options);
  await Promise.race([ready.promise, kept]);
  await Promise.race([use(async (path) => ask(options.socket, path)), kept]);
  controller.abort(new Error('idle'));
  await kept;
}

async function ask(socketPath: string, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asking = request({ socketPath, path, agent: false }, (response) => void text(response).then(resolve, reject));
  asking.on('error', reject).end();
  return promise;
}

test('websites of a commit are served at a Unix socket by one restore, until they are told to end', async (t) => {
  await using guest = await website();
  using project = projectWith(guest, LAYERFILE);
  await project.run({ rev: 'HEAD' });
  const before = project.machines.calls.length;
  await keeping(t, project, async (asked) => {
    t.is(await asked('/a?b'), 'asked for /a?b');
  });
  const words = project.machines.calls.slice(before).map((call) => call.split(' ', 1)[0]);
  t.deepEqual(words, ['restore', 'forward', 'end']);
});

test('where a step would have to run, nothing is: the job has to', async (t) => {
  await using guest = await website();
  using project = projectWith(guest, LAYERFILE);
  const never = async (): Promise<void> => Promise.resolve(t.fail());
  const missing = { code: 'STATE_MISSING', message: /The machine of web\/Layerfile is not stored any more/ };
  await t.throwsAsync(keeping(t, project, never), missing);
  t.deepEqual(project.machines.calls, []);
  await t.throwsAsync(keeping(t, project, never, { path: 'api/Layerfile' }), { code: 'LAYERFILE_MISSING' });
});

test('what a job reached before it failed is served, if it still is as far as then', async (t) => {
  await using guest = await website();
  using project = projectWith(guest, LAYERFILE, 'test');
  t.regex((await project.run({ rev: 'HEAD' })).outcomes, /failed$/);
  await keeping(
    t,
    project,
    async (asked) => {
      t.is(await asked('/'), 'asked for /');
    },
    { leastSteps: 3 },
  );
  await t.throwsAsync(
    keeping(t, project, async () => Promise.resolve()),
    { code: 'STATE_MISSING' },
  );
});

test('copies of a SPLIT are told apart, and so is what stands above it', async (t) => {
  await using guest = await website();
  using project = projectWith(
    guest,
    'FROM vm/debian:12\nSPLIT 2\nRUN BACKGROUND serve\nEXPOSE WEBSITE localhost:3000\n',
  );
  await project.run({ rev: 'HEAD' });
  await keeping(t, project, async (asked) => void t.is(await asked('/'), 'asked for /'), { copy: 1 });
  await t.throwsAsync(
    keeping(t, project, async () => Promise.resolve()),
    { code: 'STATE_MISSING' },
  );
});

test('a machine that dies ends it, and says so', async (t) => {
  await using guest = await website();
  using project = projectWith(guest, LAYERFILE);
  await project.run({ rev: 'HEAD' });
  const kept = keeping(t, project, async () => {
    project.machines.machines.at(-1)!.kill();
    await Promise.withResolvers<never>().promise;
  });
  await t.throwsAsync(kept, { code: 'MACHINE_DIED' });
});
