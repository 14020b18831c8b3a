import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import test from 'ava';

import { parseLayerfile } from '../../../grammar/index.ts';
import { exposuresOf } from '../../../runner/expose/exposure.ts';
import { closing } from '../../../runner/expose/loopback.ts';
import { forwardPort } from '../../../runner/expose/port-forward.ts';
import { stepsOf } from '../../../runner/step.ts';
import { becomesTrue } from '../../helpers/processes.ts';
import { SshGuest } from '../../helpers/ssh-guest.ts';

async function listening(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** A port of this host that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = await listening(() => undefined);
  await using _closing = closing(server);
  return portOf(server);
}

async function exposed(hostPort: number, guestPort: number) {
  const { layerfile } = await parseLayerfile(`FROM vm/debian:12\nEXPOSE TCP ${hostPort} :${guestPort}\n`, 'Layerfile');
  return exposuresOf(stepsOf(layerfile), 'Layerfile').ports[0]!;
}

test('what either side sends arrives whole, though each stops sending before the other', async (t) => {
  const server = await listening(
    (socket) => void text(socket).then((received) => socket.end(`got ${received.length}`)),
  );
  await using _closing = closing(server);
  await using guest = await SshGuest.start();
  const hostPort = await freePort();
  await using _forward = await forwardPort(guest, await exposed(hostPort, portOf(server)));
  const client = connect({ host: '127.0.0.1', port: hostPort, allowHalfOpen: true });
  client.end('x'.repeat(5_000_000));
  t.is(await text(client), 'got 5000000');
  t.deepEqual(guest.asked, [`localhost:${portOf(server)}`]);
});

test('a guest that speaks first and then hangs up is heard to the end', async (t) => {
  const server = await listening((socket) => socket.end('welcome'));
  await using _closing = closing(server);
  await using guest = await SshGuest.start();
  const hostPort = await freePort();
  await using _forward = await forwardPort(guest, await exposed(hostPort, portOf(server)));
  const client = connect({ host: '127.0.0.1', port: hostPort });
  t.is(await text(client), 'welcome');
  t.true(await becomesTrue(() => guest.open.size === 0));
});

test('a client that is cut off ends its connection in the guest', async (t) => {
  const server = await listening((socket) => void socket.on('error', () => undefined).write('hello'));
  await using _closing = closing(server);
  await using guest = await SshGuest.start();
  const hostPort = await freePort();
  await using _forward = await forwardPort(guest, await exposed(hostPort, portOf(server)));
  const client = connect({ host: '127.0.0.1', port: hostPort });
  await once(client, 'data');
  client.resetAndDestroy();
  t.true(await becomesTrue(() => guest.open.size === 0));
});

test('where nobody listens in the guest the client is refused', async (t) => {
  await using guest = await SshGuest.start();
  const hostPort = await freePort();
  await using _forward = await forwardPort(guest, await exposed(hostPort, 1));
  const client = connect({ host: '127.0.0.1', port: hostPort });
  await t.throwsAsync(text(client), { code: 'ECONNRESET' });
});

test('a port of the host that is taken is an error that names the line', async (t) => {
  const server = await listening(() => undefined);
  await using _closing = closing(server);
  await using guest = await SshGuest.start();
  const error = await t.throwsAsync(forwardPort(guest, await exposed(portOf(server), 5432)), {
    code: 'PORT_UNAVAILABLE',
  });
  t.is(error.message, `Layerfile:2: port ${portOf(server)} of this host is taken`);
});
