import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import test from 'ava';

import { becomesTrue } from '../../helpers/processes.ts';
import { GuestServer, RawClient, serve } from './web-guest.ts';

const MIB = 1 << 20;

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A website that tells what it was asked. */
async function mirror(): Promise<GuestServer> {
  return GuestServer.start((incoming, response) => void tell(incoming, response));
}

async function tell(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers } = incoming;
  response.end(JSON.stringify({ method, url, headers, body: await text(incoming) } satisfies Seen));
}

async function ask(url: string, options: RequestInit = {}): Promise<Seen> {
  return (await (await fetch(url, options)).json()) as Seen;
}

test('the guest sees the request as the browser made it, and who forwarded it', async (t) => {
  await using website = await mirror();
  await using served = await serve(`localhost:${website.port}`);
  const seen = await ask(`${served.url}/a/b?c=%20d`, { method: 'POST', body: 'name=x', headers: { 'X-Test': 'yes' } });
  t.like(seen, { method: 'POST', url: '/a/b?c=%20d', body: 'name=x' });
  t.like(seen.headers, {
    host: `localhost:${served.port}`,
    'x-test': 'yes',
    'content-length': '6',
    'x-forwarded-host': `localhost:${served.port}`,
    'x-forwarded-proto': 'http',
    'x-forwarded-for': '127.0.0.1',
    connection: 'close',
  });
  t.deepEqual(served.guest.asked, [`localhost:${website.port}`]);
});

test('what a proxy before us has said of itself stays', async (t) => {
  await using website = await mirror();
  await using served = await serve(`localhost:${website.port}`);
  const headers = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' };
  t.like((await ask(served.url, { headers })).headers, { ...headers, 'x-forwarded-for': '192.0.2.7, 127.0.0.1' });
});

test('each path goes to the website with the longest prefix, rewritten as the Layerfile says', async (t) => {
  await using front = await mirror();
  await using api = await mirror();
  await using served = await serve(`localhost:${front.port}`, `127.0.0.1:${api.port} /api /v1`);
  t.is((await ask(`${served.url}/apis`)).url, '/apis');
  t.is((await ask(`${served.url}/api/users?x=1`)).url, '/v1/users?x=1');
  t.deepEqual(served.guest.asked, [`localhost:${front.port}`, `127.0.0.1:${api.port}`]);
});

test('it listens on the loopback address only, and answers on localhost', async (t) => {
  await using website = await mirror();
  await using served = await serve(`localhost:${website.port}`);
  t.is((served.server.address() as AddressInfo).address, '127.0.0.1');
  for (const host of ['localhost', '127.0.0.1']) t.is((await fetch(`http://${host}:${served.port}`)).status, 200);
});

test('a path that nothing covers is a 404 that lists what there is', async (t) => {
  await using served = await serve('localhost:3000 /app', 'localhost:3001 /api');
  const response = await fetch(`${served.url}/<b>?x=1`);
  t.is(response.status, 404);
  t.regex(response.headers.get('content-type') ?? '', /^text\/plain/);
  t.is(
    await response.text(),
    `layer: No EXPOSE WEBSITE covers /%3Cb%3E. There is:

  /app    EXPOSE WEBSITE localhost:3000 /app    (web/Layerfile:2)
  /api    EXPOSE WEBSITE localhost:3001 /api    (web/Layerfile:3)
`,
  );
  t.deepEqual(served.guest.asked, []);
});

test('a port that nobody listens at is a 502 that names it', async (t) => {
  await using served = await serve('localhost:1');
  const response = await fetch(served.url);
  t.is(response.status, 502);
  t.is(
    await response.text(),
    'layer: Port 1 of the machine does not answer: connection failed.\n\nweb/Layerfile:2 exposes http://localhost:1 there.\n',
  );
});

test('a website that hangs up without an answer is a 502', async (t) => {
  await using website = await GuestServer.start((incoming) => incoming.socket.destroy());
  await using served = await serve(`localhost:${website.port}`);
  const response = await fetch(served.url);
  t.is(response.status, 502);
  t.regex(await response.text(), /^layer: The website in the machine of web\/Layerfile ended the connection: /);
});

test('status, reason, cookies and redirects of the guest arrive as they are', async (t) => {
  await using website = await GuestServer.start((_, response) => {
    response.writeHead(302, 'Over there', { location: '/login', 'set-cookie': ['a=1; Path=/', 'b=2'] }).end();
  });
  await using served = await serve(`localhost:${website.port}`);
  const response = await fetch(served.url, { redirect: 'manual' });
  t.deepEqual([response.status, response.statusText], [302, 'Over there']);
  t.is(response.headers.get('location'), '/login');
  t.deepEqual(response.headers.getSetCookie(), ['a=1; Path=/', 'b=2']);
});

for (const [method, status] of [
  ['HEAD', 200],
  ['GET', 204],
  ['GET', 304],
] as const) {
  test(`an answer without a body (${method} ${status}) ends, and the connection goes on`, async (t) => {
    await using website = await GuestServer.start((_, response) => {
      response.writeHead(status, { etag: '"x"' }).end();
    });
    await using served = await serve(`localhost:${website.port}`);
    using client = new RawClient(served.port, `${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await client.until('\r\n\r\n');
    t.regex(client.received, new RegExp(`^HTTP/1.1 ${status} `));
    client.received = '';
    client.socket.write('GET /again HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await client.ended;
    t.regex(client.received, new RegExp(`^HTTP/1.1 ${status} `));
    t.is(served.guest.asked.length, 2);
  });
}

test('a browser that asks for the end of the connection gets it, and an old one too', async (t) => {
  await using website = await GuestServer.start((_, response) => {
    response.write('a');
    response.end('b');
  });
  await using served = await serve(`localhost:${website.port}`);
  for (const head of ['GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close', 'GET / HTTP/1.0']) {
    using client = new RawClient(served.port, `${head}\r\n\r\n`);
    await client.ended;
    t.regex(client.received, /^HTTP\/1\.1 200 OK\r\n/);
    t.regex(client.received, /connection: close\r\n/i);
    t.false(client.received.includes('keep-alive'));
  }
});

test('events arrive while the answer is still being written', async (t) => {
  let finish: (() => void) | undefined;
  await using website = await GuestServer.start((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    finish = () => response.end('data: 2\n\n');
  });
  await using served = await serve(`localhost:${website.port}`);
  const reader = (await fetch(served.url)).body!.pipeThrough(new TextDecoderStream()).getReader();
  t.is((await reader.read()).value, 'data: 1\n\n');
  finish?.();
  t.is((await reader.read()).value, 'data: 2\n\n');
  t.true((await reader.read()).done);
});

test('an upload arrives while it is still being sent', async (t) => {
  const { promise: first, resolve } = Promise.withResolvers<string>();
  await using website = await GuestServer.start((incoming, response) => {
    incoming.once('data', (bytes: Buffer) => resolve(bytes.toString()));
    incoming.on('end', () => response.end('thanks'));
  });
  await using served = await serve(`localhost:${website.port}`);
  const upload = request(`${served.url}/upload`, { method: 'PUT' });
  upload.write('begun');
  t.is(await first, 'begun');
  upload.end('and ended');
  const [response] = (await once(upload, 'response')) as [IncomingMessage];
  t.is(await text(response), 'thanks');
});

test('a body of 48 MiB goes there and comes back whole', async (t) => {
  await using website = await GuestServer.start((incoming, response) => void pipeline(incoming, response));
  await using served = await serve(`localhost:${website.port}`);
  const block = randomBytes(MIB);
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const upload = request(`${served.url}/echo`, { method: 'POST' });
  const sending = pipeline(function* () {
    for (let count = 0; count < 48; count++) {
      sent.update(block);
      yield block;
    }
  }, upload);
  const [response] = (await once(upload, 'response')) as [IncomingMessage];
  await Promise.all([sending, pipeline(response, received)]);
  t.is(received.digest('hex'), sent.digest('hex'));
});

test('a guest that does not read holds up who sends: nothing is stored on the way', async (t) => {
  await using website = await GuestServer.start((incoming) => void incoming.pause());
  await using served = await serve(`localhost:${website.port}`);
  const upload = request(served.url, { method: 'POST' });
  upload.on('error', () => undefined);
  let accepted = 0;
  const block = Buffer.alloc(MIB);
  const send = (): boolean => upload.write(block, (error) => (accepted += error == null ? 1 : 0));
  for (let count = 0; count < 64; count++) send();
  t.false(await becomesTrue(() => accepted >= 32, 1000), `${accepted} MiB were taken`);
  upload.destroy();
});

test('a browser that goes away ends the connection in the guest', async (t) => {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  await using website = await GuestServer.start((_, response) => {
    response.write('begun');
    response.once('close', () => resolve(undefined));
  });
  await using served = await serve(`localhost:${website.port}`);
  const controller = new AbortController();
  const response = await fetch(served.url, { signal: controller.signal });
  t.is(served.guest.open.size, 1);
  controller.abort();
  await closed;
  await t.throwsAsync(response.text(), { name: 'AbortError' });
  t.true(await becomesTrue(() => served.guest.open.size === 0));
});

test('an answer that breaks off in the guest breaks off for the browser, and is not taken for a whole one', async (t) => {
  for (const headers of [{ 'content-length': '1000' }, {}]) {
    await using website = await GuestServer.start((_, response) => {
      response.writeHead(200, headers).write('half', () => response.destroy());
    });
    await using served = await serve(`localhost:${website.port}`);
    const response = await fetch(served.url);
    await t.throwsAsync(response.text(), { message: 'terminated' });
  }
});

test('an answer that begins before the upload has ended does not wait for it', async (t) => {
  await using website = await GuestServer.start((incoming, response) => {
    response.writeHead(202).write('got something, ');
    incoming.resume().once('end', () => response.end('got all'));
  });
  await using served = await serve(`localhost:${website.port}`);
  const upload = request(served.url, { method: 'POST' });
  upload.write('begun');
  const [response] = (await once(upload, 'response')) as [IncomingMessage];
  t.is(response.statusCode, 202);
  upload.end('and ended');
  t.is(await text(response), 'got something, got all');
});

test('a website that speaks TLS with a certificate of its own is served', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end('secret'), { secure: true });
  await using served = await serve(`https://localhost:${website.port}`);
  t.is(await (await fetch(served.url)).text(), 'secret');
});

test('a website that was to speak TLS and does not is a 502', async (t) => {
  await using website = await mirror();
  await using served = await serve(`https://localhost:${website.port}`);
  const response = await fetch(served.url);
  t.is(response.status, 502);
  t.regex(await response.text(), /does not answer: no TLS connection: /);
});

test('what is between neighbours is passed on in neither direction', async (t) => {
  await using website = await GuestServer.start((incoming, response) => {
    response.setHeader('Connection', 'close, X-Mine');
    response.setHeader('X-Mine', '1');
    response.setHeader('Keep-Alive', 'timeout=99');
    response.setHeader('Upgrade', 'h2c');
    void tell(incoming, response);
  });
  await using served = await serve(`localhost:${website.port}`);
  using client = new RawClient(
    served.port,
    'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, X-Hop, Transfer-Encoding\r\nX-Hop: 1\r\nTE: trailers\r\n' +
      'Keep-Alive: timeout=9\r\nProxy-Connection: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  );
  await client.until('"body":"abc"}');
  const [head = '', body = ''] = client.received.split('\r\n\r\n');
  t.notRegex(head, /x-mine|upgrade|timeout=99/i);
  const seen = JSON.parse(body) as Seen;
  t.is(seen.body, 'abc');
  for (const name of ['x-hop', 'te', 'keep-alive', 'proxy-connection', 'expect']) t.false(name in seen.headers, name);
});

test('a body that is announced with Expect is sent and arrives', async (t) => {
  await using website = await mirror();
  await using served = await serve(`localhost:${website.port}`);
  const upload = request(served.url, { method: 'POST', headers: { expect: '100-continue' } });
  upload.flushHeaders();
  await once(upload, 'continue');
  upload.end('body');
  const [response] = (await once(upload, 'response')) as [IncomingMessage];
  t.like(JSON.parse(await text(response)), { body: 'body' });
});

test('many requests at once, and many on one connection, each get their own answer', async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', onWarning);
  t.teardown(() => void process.off('warning', onWarning));
  await using website = await mirror();
  await using served = await serve(`localhost:${website.port}`);
  const answers = await Promise.all(Array.from({ length: 60 }, async (_, index) => ask(`${served.url}/${index}`)));
  t.deepEqual(
    answers.map(({ url }) => url),
    Array.from({ length: 60 }, (_, index) => `/${index}`),
  );
  t.true(await becomesTrue(() => served.guest.open.size === 0));
  t.deepEqual(warnings, []);
});

const HANDSHAKE =
  'GET /ws/chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A website that takes any upgrade, answers with its path, and then sends back what it gets. */
async function upgrading(): Promise<GuestServer> {
  const website = await GuestServer.start((_, response) => response.writeHead(426).end('no upgrade'));
  website.server.on('upgrade', (incoming: IncomingMessage, socket, head) => {
    const accept = createHash('sha1')
      .update(`${incoming.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${incoming.headers.upgrade ?? ''}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n` +
        `${incoming.method ?? ''} ${incoming.url ?? ''} ${String(incoming.headers['x-forwarded-proto'])}\n`,
    );
    socket.write(head);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  return website;
}

test('an upgrade to WebSocket is passed on, with bytes both ways and a path that is rewritten', async (t) => {
  await using website = await upgrading();
  await using served = await serve(`localhost:${website.port} /ws /socket`);
  using client = new RawClient(served.port, `${HANDSHAKE}with the head`);
  await client.until('with the head');
  t.regex(client.received, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  t.regex(client.received, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
  t.true(client.received.includes('GET /socket/chat http\n'));
  client.socket.write('\x81\x05hello', 'latin1');
  await client.until('\x81\x05hello');
  client.socket.end();
  await client.ended;
  t.true(await becomesTrue(() => served.guest.open.size === 0));
});

test('an upgrade to something else is passed on too', async (t) => {
  await using website = await upgrading();
  await using served = await serve(`localhost:${website.port}`);
  using client = new RawClient(
    served.port,
    'POST /attach HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n',
  );
  await client.until('POST /attach http\n');
  t.regex(client.received, /upgrade: tcp\r\n/i);
  client.socket.write('ping');
  await client.until('ping');
});

test('a website that does not upgrade says so itself', async (t) => {
  await using website = await GuestServer.start((_, response: ServerResponse) => response.writeHead(426).end('not me'));
  await using served = await serve(`localhost:${website.port}`);
  using client = new RawClient(served.port, HANDSHAKE);
  await client.ended;
  t.regex(client.received, /^HTTP\/1\.1 426 Upgrade Required\r\n/);
  t.regex(client.received, /not me/);
});

test('an upgrade that leads nowhere gets an answer as well', async (t) => {
  await using served = await serve('localhost:1 /ws');
  using refused = new RawClient(served.port, HANDSHAKE);
  await refused.ended;
  t.regex(refused.received, /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*\r\n\r\nlayer: Port 1 of the machine/);
  using uncovered = new RawClient(served.port, HANDSHAKE.replace('/ws/chat', '/other'));
  await uncovered.ended;
  t.regex(uncovered.received, /^HTTP\/1\.1 404 Not Found\r\n[^]*No EXPOSE WEBSITE covers \/other/);
});

test('a WebSocket ends with its guest, and with its browser', async (t) => {
  await using website = await upgrading();
  await using served = await serve(`localhost:${website.port}`);
  using first = new RawClient(served.port, HANDSHAKE);
  await first.until('/ws/chat');
  for (const socket of served.guest.open) socket.resetAndDestroy();
  await first.ended;
  using second = new RawClient(served.port, HANDSHAKE);
  await second.until('/ws/chat');
  second.socket.resetAndDestroy();
  t.true(await becomesTrue(() => served.guest.open.size === 0));
});

test('closing ends what is open, upgraded connections and unfinished answers too', async (t) => {
  await using website = await upgrading();
  await using streaming = await GuestServer.start((_, response) => void response.write('begun'));
  const served = await serve(`localhost:${website.port} /ws`, `localhost:${streaming.port}`);
  using socket = new RawClient(served.port, HANDSHAKE);
  using download = new RawClient(served.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await Promise.all([socket.until('/ws/chat'), download.until('begun')]);
  await served[Symbol.asyncDispose]();
  await Promise.all([socket.ended, download.ended]);
  t.false(served.server.listening);
});
