import { createServer } from 'node:net';
import { once } from 'node:events';

import test from 'ava';

import { parseLayerfile } from '../../../grammar/index.ts';
import { type Obstacle, untilReady } from '../../../runner/expose/readiness.ts';
import type { Guest } from '../../../runner/expose/dial.ts';
import { closing } from '../../../runner/expose/loopback.ts';
import { SshGuest } from '../../helpers/ssh-guest.ts';
import { GuestServer } from './web-guest.ts';

interface Waited {
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

async function waitFor(expose: string, guest: Guest, { limitMs = 10_000, signal }: Waited = {}): Promise<Obstacle> {
  const { layerfile } = await parseLayerfile(`FROM vm/debian:12\n${expose}\n`, 'Layerfile');
  const instruction = layerfile.instructions[1]!;
  if (instruction.kind !== 'EXPOSE WEBSITE' && instruction.kind !== 'EXPOSE TCP') throw new Error(expose);
  return untilReady(instruction, { guest, limitMs, signal: signal ?? new AbortController().signal });
}

test('a website is ready when it answers, whatever it says, at the path that is exposed', async (t) => {
  const asked: (string | undefined)[] = [];
  await using website = await GuestServer.start((incoming, response) => {
    asked.push(incoming.url);
    response.writeHead(500).end('broken');
  });
  await using guest = await SshGuest.start();
  t.is(await waitFor(`EXPOSE WEBSITE localhost:${website.port} /app /index`, guest), null);
  t.is(await waitFor(`EXPOSE WEBSITE 127.0.0.1:${website.port} /app`, guest), null);
  t.deepEqual(asked, ['/index', '/app']);
});

test('a website with a certificate of its own is ready', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end(), { secure: true });
  await using guest = await SshGuest.start();
  t.is(await waitFor(`EXPOSE WEBSITE https://localhost:${website.port}`, guest), null);
});

test('what is not there yet is asked again, with pauses that grow', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end());
  await using guest = await SshGuest.start();
  let attempts = 0;
  const late: Guest = {
    forward: async (host) => guest.forward(host, ++attempts < 4 ? 1 : website.port),
  };
  t.is(await waitFor('EXPOSE WEBSITE localhost:3000', late), null);
  t.is(attempts, 4);
});

test('what never comes up is given up at the limit, with what the last attempt met', async (t) => {
  await using guest = await SshGuest.start();
  const obstacle = await waitFor('EXPOSE TCP 5432 :1', guest, { limitMs: 400 });
  t.is(obstacle, 'connection failed');
  // 20, 40, 80 and 160 ms, and no more than that.
  t.true(guest.asked.length <= 5, `${guest.asked.length} attempts`);
});

test('a port that takes connections is enough for EXPOSE TCP, and not for a website', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await using _closing = closing(silent);
  await once(silent, 'listening');
  const { port } = silent.address() as { readonly port: number };
  await using guest = await SshGuest.start();
  t.is(await waitFor(`EXPOSE TCP ${port}`, guest), null);
  t.is(
    await waitFor(`EXPOSE WEBSITE localhost:${port}`, guest, { limitMs: 300 }),
    'took the connection, but sent no HTTP response',
  );
});

test('what answers in something else than HTTP is told as that', async (t) => {
  const database = createServer((socket) => socket.end('5.7.0-mysql\n')).listen(0, '127.0.0.1');
  await using _closing = closing(database);
  await once(database, 'listening');
  const { port } = database.address() as { readonly port: number };
  await using guest = await SshGuest.start();
  t.regex(
    (await waitFor(`EXPOSE WEBSITE localhost:${port}`, guest, { limitMs: 300 })) ?? '',
    /^sent no HTTP response: /,
  );
});

test('a wait that is cancelled ends at once, with the reason', async (t) => {
  await using guest = await SshGuest.start();
  const controller = new AbortController();
  const waiting = waitFor('EXPOSE TCP 1', guest, { limitMs: 60_000, signal: controller.signal });
  controller.abort(new Error('Ctrl-C'));
  await t.throwsAsync(waiting, { message: 'Ctrl-C' });
});
