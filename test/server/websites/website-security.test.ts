import { once } from 'node:events';

import test from 'ava';

import { becomesTrue } from '../../helpers/processes.ts';
import { fakeJob } from '../terminals/fake-work.ts';
import { WebsiteRig } from './website-rig.ts';

const SANDBOX = 'sandbox allow-scripts allow-forms allow-popups';

test('a ticket counts once, soon, and for its own website', async (t) => {
  let now = 0;
  const rig = await WebsiteRig.start(t, { now: () => now });
  const ticket = await rig.ticket();
  t.is((await rig.ask(ticket)).status, 303);
  const again = await rig.ask(ticket);
  t.is(again.status, 403);
  t.regex(again.body, new RegExp(`http://localhost:${rig.port}/jobs/7`));
  t.false('set-cookie' in again.headers);

  const other = await rig.ticket('api/Layerfile', { copy: 1 });
  const stolen = new URL(`http://${ticket.host}/${other.search}`);
  t.is((await rig.ask(stolen)).status, 403);
  t.is((await rig.ask(other)).status, 403, 'trying it elsewhere has used it up');

  const late = await rig.ticket();
  now = 61_000;
  t.is((await rig.ask(late)).status, 403);
  t.is(rig.workers.started.length, 0);
});

test('without a pass nothing is told of a website, not even whether it is there', async (t) => {
  const rig = await WebsiteRig.start(t);
  const { origin } = await rig.ticket();
  const unknown = `http://7-${'0'.repeat(32)}.localhost:${rig.port}`;
  const [known, none] = [await rig.ask(`${origin}/x`), await rig.ask(`${unknown}/x`)];
  t.deepEqual([known.status, known.body], [none.status, none.body]);
  t.is(known.status, 403);
  t.is((await rig.ask(`${origin}/?layer-ticket=`)).status, 403);
  t.is((await rig.ask(`${origin}/x`, {}, { method: 'POST', body: 'x'.repeat(1 << 20) })).status, 403);
  t.is((await rig.ask(`http://sub.${new URL(origin).host}/`)).status, 404);
  t.is(rig.workers.started.length, 0);
});

test('a pass counts for its own website only, as long as its owner’s token does, and beside any that somebody else tossed in', async (t) => {
  const owners = new Set(['ann']);
  let now = 0;
  const rig = await WebsiteRig.start(t, { isKnown: ({ name }) => owners.has(name), now: () => now });
  const web = await rig.enter(await rig.ticket());
  const api = await rig.enter(await rig.ticket('api/Layerfile', { copy: 1 }));
  t.is((await rig.ask(api.url, { cookie: web.cookie })).status, 403);
  const tossed = `layer_website=evil; ${api.cookie}; ${web.cookie}; layer_website=`;
  t.is((await rig.ask(web.url, { cookie: tossed })).status, 200);
  t.false('cookie' in rig.asked.at(-1)!.headers);
  owners.clear();
  t.is((await rig.ask(web.url, { cookie: web.cookie })).status, 403);
  owners.add('ann');
  now = 13 * 60 * 60_000;
  t.is((await rig.ask(web.url, { cookie: web.cookie })).status, 403);
});

test('a ticket leads nowhere else, whatever stands in front of it', async (t) => {
  const rig = await WebsiteRig.start(t);
  for (const path of ['//evil.example/', '/\\evil.example/', 'http://evil.example//evil.example/']) {
    const { search, host } = await rig.ticket();
    using client = rig.raw(`GET ${path}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await client.ended;
    t.regex(client.received, /^HTTP\/1\.1 303 /);
    t.regex(client.received, /\r\nlocation: \/evil\.example\/\r\n/i, path);
  }
});

test('a guest sets cookies neither by Layer’s names nor for other hosts', async (t) => {
  const rig = await WebsiteRig.start(t);
  rig.answer = (response) => {
    response.setHeader('set-cookie', [
      'layer_session=stolen; Path=/',
      'LAYER_WEBSITE=x',
      ' layer_website =x',
      '__Host-layer_session=x; Secure; Path=/',
      '=layer_session=x',
      'layer_session',
      'tossed=1; Domain=localhost',
      'tossed=2; domain = .localhost',
      'own=1; Path=/a; HttpOnly',
      'layered=1',
    ]);
    response.setHeader('strict-transport-security', 'max-age=1; includeSubDomains');
    response.end();
  };
  const { url, cookie } = await rig.enter(await rig.ticket());
  const { headers } = await rig.ask(url, { cookie });
  t.deepEqual(headers['set-cookie'], ['own=1; Path=/a; HttpOnly', 'layered=1']);
  t.false('strict-transport-security' in headers);
});

test('Layer’s own tokens never reach a guest', async (t) => {
  const rig = await WebsiteRig.start(t);
  const { url, cookie } = await rig.enter(await rig.ticket());
  const basic = Buffer.from('layer:layer_abc').toString('base64');
  for (const authorization of ['Bearer layer_abc', `Basic ${basic}`])
    await rig.ask(url, { cookie, authorization, 'proxy-authorization': 'Basic eDp5', 'x-layer-csrf': 'token' });
  for (const { headers } of rig.asked)
    for (const name of ['authorization', 'proxy-authorization', 'x-layer-csrf', 'cookie'])
      t.false(name in headers, name);
});

test('below the dashboard’s own origin a guest’s page has no origin, and stays where it is', async (t) => {
  const rig = await WebsiteRig.start(t);
  rig.answer = (response, { url = '' }) => {
    response.setHeader('content-security-policy', "default-src 'self'");
    response.setHeader('set-cookie', ['a=1; Path=/sub; HttpOnly', 'b=2; Domain=server.example', 'c=3']);
    for (const name of ['clear-site-data', 'www-authenticate', 'service-worker-allowed', 'nel', 'alt-svc'])
      response.setHeader(name, '"*"');
    response.writeHead(302, { location: decodeURIComponent(url.slice(1)) }).end();
  };
  const host = `server.example:${rig.port}`;
  const ticket = await rig.ticket('web/Layerfile', { host });
  t.is(ticket.origin, `http://${host}`);
  const prefix = ticket.pathname.slice(0, -1);
  t.regex(prefix, /^\/websites\/7-[0-9a-f]{32}$/);
  const entered = await rig.ask(ticket);
  const place = entered.headers.location?.slice(0, -1) ?? '';
  t.regex(place.slice(prefix.length), /^\/~[0-9a-f]{32}$/);
  t.true(entered.headers['set-cookie']?.[0]?.includes(`; Path=${prefix}/; `));
  const cookie = `${entered.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''}; layer_session=s`;
  const ask = async (location: string): Promise<string | undefined> => {
    const answer = await rig.ask(`http://${host}${place}/${encodeURIComponent(location)}`, {
      cookie,
      authorization: 'Bearer x',
    });
    t.is(answer.headers['content-security-policy'], `${SANDBOX}, default-src 'self'`);
    t.deepEqual(answer.headers['set-cookie'], [`a=1; Path=${place}/sub; HttpOnly`, 'c=3']);
    for (const name of ['clear-site-data', 'www-authenticate', 'service-worker-allowed', 'nel', 'alt-svc'])
      t.false(name in answer.headers, name);
    return answer.headers.location;
  };
  t.is(await ask('/next?x'), `${place}/next?x`);
  t.is(await ask('relative'), 'relative');
  t.is(await ask(`http://${host}/next`), `${place}/next`);
  t.is(await ask('https://elsewhere.example/x'), 'https://elsewhere.example/x');
  t.like(rig.asked[0]?.headers, { 'x-forwarded-prefix': place });
  t.false('authorization' in rig.asked[0]!.headers);
  t.is((await rig.ask(`http://${host}${prefix}`, { cookie })).headers.location, `${place}/`);
});

test('what a sandboxed page loads is let in by the key in its address, and nobody who was given that address', async (t) => {
  const rig = await WebsiteRig.start(t);
  const host = `server.example:${rig.port}`;
  const { url, cookie } = await rig.enter(await rig.ticket('web/Layerfile', { host }));
  const loads = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
  t.is((await rig.ask(`${url}app.js`, loads)).status, 200);
  t.is(rig.asked[0]?.url, '/app.js');
  t.is((await rig.ask(`${url}app.js`, { ...loads, 'sec-fetch-mode': 'navigate' })).status, 403);
  t.is((await rig.ask(`${url}app.js`)).status, 403);
  const other = await rig.ticket('api/Layerfile', { host, copy: 1 });
  const [, , id = ''] = other.pathname.split('/');
  t.is((await rig.ask(url.replace(/7-[0-9a-f]{32}/, id), loads)).status, 403);
  const page = { cookie, accept: 'text/html' };
  t.is((await rig.ask(url, page)).status, 200);
  const elsewhere = await rig.ask(url.replace(/~[0-9a-f]{32}/, `~${'0'.repeat(32)}`), page);
  t.is(
    `${new URL(url).origin}${elsewhere.headers.location ?? ''}`,
    url,
    'a bookmark of an older pass leads to its place',
  );
});

test('the dashboard can lead to a website, but no script or answer of one is for its pages', async (t) => {
  const rig = await WebsiteRig.start(t);
  const ticket = await rig.ticket('web/Layerfile', { host: `127.0.0.1.example:${rig.port}` });
  const { url, cookie } = await rig.enter(ticket);
  const from = (mode: string, site: string): Record<string, string> => ({
    cookie,
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
  });
  t.is((await rig.ask(url, from('navigate', 'same-origin'))).status, 200);
  t.is((await rig.ask(`${url}app.js`, from('no-cors', 'cross-site'))).status, 200);
  for (const mode of ['no-cors', 'cors', 'same-origin', 'websocket'])
    t.is((await rig.ask(`${url}app.js`, from(mode, 'same-origin'))).status, 403, mode);
});

test('no path leads out of a website’s own place, nor to one by a name that is none', async (t) => {
  const rig = await WebsiteRig.start(t);
  const ticket = await rig.ticket('web/Layerfile', { host: `server.example:${rig.port}` });
  const { cookie } = await rig.enter(ticket);
  const asked = async (path: string): Promise<string> => {
    using client = rig.raw(
      `GET ${path} HTTP/1.1\r\nHost: server.example\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    await client.ended;
    return client.received.split(' ')[1] ?? '';
  };
  const { pathname } = ticket;
  t.is(await asked(`${pathname}../../api/tokens`), '200');
  t.is(await asked(`${pathname}%2e%2e/%2e%2e/etc/passwd`), '200');
  t.deepEqual(
    rig.asked.map(({ url }) => url),
    ['/../../api/tokens', '/%2e%2e/%2e%2e/etc/passwd'],
  );
  for (const path of [
    '/websites/',
    '/websites/..%2fapi',
    '/websites/../api/tokens',
    `/websites/7-${'g'.repeat(32)}/`,
    '/websites//',
  ])
    t.is(await asked(path), '404', path);
  t.is(await asked(`/websites/7-${'0'.repeat(32)}/`), '403');
  t.is(await asked('/api/jobs'), '418');
});

test('requests that could be taken for two go no further than the server', async (t) => {
  const rig = await WebsiteRig.start(t);
  const { url, cookie } = await rig.enter(await rig.ticket());
  const head = `Host: ${new URL(url).host}\r\nCookie: ${cookie}\r\n`;
  for (const [name, sent] of [
    ['two lengths', `POST / HTTP/1.1\r\n${head}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`],
    ['length and chunks', `POST / HTTP/1.1\r\n${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['an odd coding', `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a folded header', `GET / HTTP/1.1\r\n${head}X: a\r\n b\r\n\r\n`],
    ['a bare CR', `GET / HTTP/1.1\r\n${head}X: a\rGET /evil HTTP/1.1\r\n\r\n`],
    ['a blank before the colon', `POST / HTTP/1.1\r\n${head}Content-Length : 5\r\n\r\nabcde`],
    ['a header with a zero byte', `GET / HTTP/1.1\r\n${head}X: a\0b\r\n\r\n`],
  ] as const) {
    using client = rig.raw(sent);
    await client.ended;
    t.regex(client.received, /^HTTP\/1\.1 400 /, name);
  }
  t.deepEqual(rig.asked, []);
  // The body of one is not taken for the next.
  using client = rig.raw(
    `POST / HTTP/1.1\r\n${head}Connection: content-length, transfer-encoding, keep-alive\r\nContent-Length: 35\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\nxGET /next HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
  );
  await client.ended;
  t.deepEqual(
    rig.asked.map(({ method, url: asked }) => `${method} ${asked}`),
    ['POST /', 'GET /next'],
  );
});

test('whatever a guest answers, the browser gets an answer, and no header that the guest made up in between', async (t) => {
  for (const [name, said, status] of [
    ['garbage', 'Hello!\r\n\r\n', 502],
    ['nothing', '', 502],
    [
      'a line feed in a header',
      'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: layer_session=x\r\nContent-Length: 2\r\n\r\nok',
      502,
    ],
    [
      'two answers',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nSet-Cookie: layer_session=x\r\n\r\n',
      200,
    ],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100_000)}`, 502],
    ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 502],
    ['odd bytes', 'HTTP/1.1 200 \u00ff\u0001\r\nX\u0000: y\r\n\r\n', 502],
  ] as const) {
    const rig = await WebsiteRig.start(t, { raw: () => said });
    const { url, cookie } = await rig.enter(await rig.ticket());
    const answer = await rig.ask(url, { cookie }).catch((error: unknown) => error as Error);
    if (answer instanceof Error) {
      t.fail(`${name}: ${answer.message}`);
      continue;
    }
    t.is(answer.status, status, name);
    t.false('set-cookie' in answer.headers, name);
  }
});

test('a guest that never answers is given up, and one that breaks off in the middle is not taken for whole', async (t) => {
  const silent = await WebsiteRig.start(t, { raw: () => null, limits: { answerMs: 30 } });
  const entered = await silent.enter(await silent.ticket());
  const answer = await silent.ask(entered.url, { cookie: entered.cookie });
  t.is(answer.status, 502);
  t.regex(answer.body, /it did not answer in time/);

  const broken = await WebsiteRig.start(t, { raw: () => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf' });
  const { url, cookie } = await broken.enter(await broken.ticket());
  await t.throwsAsync(broken.ask(url, { cookie }));
});

test('an upgrade needs a pass as well, and brings no cookie of ours', async (t) => {
  const rig = await WebsiteRig.start(t);
  const { url, cookie } = await rig.enter(await rig.ticket());
  const head = `GET /live HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n`;
  using stranger = rig.raw(`${head}\r\n`);
  await stranger.ended;
  t.regex(stranger.received, /^HTTP\/1\.1 403 /);
  t.is(rig.workers.started.length, 0);
  using client = rig.raw(`${head}Cookie: ${cookie}\r\n\r\n`);
  await client.until('\r\n\r\n');
  t.regex(client.received, /^HTTP\/1\.1 101 /);
  t.regex(client.received, /set-cookie: a=b/i);
  t.notRegex(client.received, /layer_session/);
  client.socket.write('ping');
  await client.until('ping');
  client.socket.destroy();
  await once(client.socket, 'close');
});

test('there are only so many requests to one machine at once', async (t) => {
  const rig = await WebsiteRig.start(t, { limits: { mostRequests: 2 } });
  const held = Promise.withResolvers<undefined>();
  rig.answer = (response) => void held.promise.then(() => response.end());
  const { url, cookie } = await rig.enter(await rig.ticket());
  const under = [rig.ask(url, { cookie }), rig.ask(url, { cookie })];
  t.true(await becomesTrue(() => rig.asked.length === 2));
  t.is((await rig.ask(url, { cookie })).status, 503);
  held.resolve(undefined);
  t.deepEqual(
    (await Promise.all(under)).map(({ status }) => status),
    [200, 200],
  );
});

test('a website that was run once more has the machine of that, and old passes still count', async (t) => {
  const rig = await WebsiteRig.start(t);
  const { url, cookie } = await rig.enter(await rig.ticket());
  rig.events = rig.events.map((event) => ('step' in event && event.step === 4 ? { ...event, step: 9 } : event));
  await rig.ticket('web/Layerfile', {}, { ...fakeJob(), runs: 2 });
  t.is((await rig.ask(url, { cookie })).status, 200);
  t.like(
    rig.workers.started.map(({ work }) => work),
    [{ leastSteps: 9 }],
  );
});
