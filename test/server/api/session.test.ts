import test from 'ava';

import { apiRig, type Asked } from './api-rig.ts';

const HOST = '127.0.0.1:8464';
const OWN_PAGE = { origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' };

function cookieOf({ headers }: Asked): string {
  return /layer_session=[^;]*/.exec(String(headers['set-cookie']))?.[0] ?? '';
}

test('a page logs in with a token, and gets a cookie that no script and no other site can use', async (t) => {
  const { ask, tokens } = await apiRig(t);
  const login = await ask('POST', '/api/session', { as: null, body: { token: tokens.member }, headers: OWN_PAGE });
  t.is(login.status, 200);
  t.like(login.body, { name: 'the member', role: 'member' });
  const set = String(login.headers['set-cookie']);
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=2592000'])
    t.true(set.includes(attribute), set);
  t.false(set.includes('Secure'), 'this host is reached by http');
  t.false(set.includes(tokens.member));
  const session = await ask('GET', '/api/session', { as: null, headers: { cookie: cookieOf(login) } });
  t.deepEqual(session.body, login.body);
});

test('behind https the cookie never goes without', async (t) => {
  const { ask, tokens } = await apiRig(t, { own: { publicUrl: new URL('https://ci.example.org') } });
  const headers = { host: 'ci.example.org', origin: 'https://ci.example.org' };
  const login = await ask('POST', '/api/session', { as: null, body: { token: tokens.read }, headers });
  t.regex(String(login.headers['set-cookie']), /; Secure/);
});

test('a session changes nothing without its CSRF token, or from the page of another site', async (t) => {
  const { ask, tokens } = await apiRig(t);
  const login = await ask('POST', '/api/session', { as: null, body: { token: tokens.admin }, headers: OWN_PAGE });
  const cookie = cookieOf(login);
  const { csrf } = login.body as { csrf: string };
  const other = await ask('POST', '/api/session', { as: null, body: { token: tokens.admin }, headers: OWN_PAGE });
  const otherCsrf = (other.body as { csrf: string }).csrf;
  const create = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await ask('POST', '/api/repositories', { as: null, body: { name: 'made' }, headers: { cookie, ...headers } }))
      .status;

  t.is(await create({ ...OWN_PAGE }), 403, 'no CSRF token');
  t.is(await create({ ...OWN_PAGE, 'x-layer-csrf': 'x'.repeat(43) }), 403, 'a made-up one');
  t.is(await create({ ...OWN_PAGE, 'x-layer-csrf': otherCsrf }), 403, "another session's");
  t.is(await create({ 'x-layer-csrf': csrf }), 403, 'from nowhere');
  for (const elsewhere of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:9999` },
    { origin: `https://${HOST}` },
    { origin: `http://${HOST}.evil.example` },
    { origin: `http://${HOST}`, host: 'localhost:8464' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])
    t.is(await create({ ...elsewhere, 'x-layer-csrf': csrf }), 403, JSON.stringify(elsewhere));
  t.is(await create({ ...OWN_PAGE, 'x-layer-csrf': csrf }), 201);
});

test('the page of another site can neither log somebody in nor post with a token', async (t) => {
  const { ask, tokens } = await apiRig(t);
  const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  t.is((await ask('POST', '/api/session', { as: null, body: { token: tokens.read }, headers })).status, 403);
  t.is((await ask('POST', '/api/repositories', { body: { name: 'made' }, headers })).status, 403);
  t.is((await ask('POST', '/webhooks/shop', { as: null, body: {}, headers })).status, 403);
});

test('a log-out ends the session and takes the cookie back', async (t) => {
  const { ask, tokens } = await apiRig(t);
  const login = await ask('POST', '/api/session', { as: null, body: { token: tokens.read }, headers: OWN_PAGE });
  const headers = { cookie: cookieOf(login), 'x-layer-csrf': (login.body as { csrf: string }).csrf, ...OWN_PAGE };
  const out = await ask('DELETE', '/api/session', { as: null, headers });
  t.is(out.status, 204);
  t.regex(String(out.headers['set-cookie']), /layer_session=;.*Expires=Thu, 01 Jan 1970/);
  t.is((await ask('GET', '/api/session', { as: null, headers })).status, 401);
});

test('wrong tokens are answered a few times only, and nobody with a right one suffers for it', async (t) => {
  const { ask, tokens } = await apiRig(t, { limits: { requests: 1000, failures: 5, allFailures: 50 } });
  const wrong = { as: null, body: { token: 'layer_wrong' } } as const;
  const statuses: number[] = [];
  for (let time = 0; time < 8; time++) statuses.push((await ask('POST', '/api/session', wrong)).status);
  t.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
  const refused = await ask('POST', '/api/session', { as: null, body: { token: tokens.read } });
  t.is(refused.status, 429);
  t.true(Number(refused.headers['retry-after']) > 0);
  t.is((await ask('GET', '/api/session', { as: 'read' })).status, 200);
  const guessed = { as: null, headers: { authorization: 'Bearer layer_wrong' } } as const;
  t.is((await ask('GET', '/api/session', guessed)).status, 429);
});

test('each caller has so many requests a minute', async (t) => {
  const { ask } = await apiRig(t, { limits: { requests: 3, failures: 5, allFailures: 50 } });
  const statuses: number[] = [];
  for (let time = 0; time < 5; time++) statuses.push((await ask('GET', '/api/session', { as: 'read' })).status);
  t.deepEqual(statuses, [200, 200, 200, 429, 429]);
  t.is((await ask('GET', '/api/session', { as: 'member' })).status, 200);
});

test('a request that names another host is refused: its name was made to lead here', async (t) => {
  const { ask } = await apiRig(t, { own: { host: '192.0.2.7', publicUrl: new URL('https://ci.example.org') } });
  const statusFor = async (host: string): Promise<number> =>
    (await ask('GET', '/api/session', { headers: { host } })).status;
  for (const host of [
    '127.0.0.1',
    'localhost:1',
    '[::1]:8464',
    '192.0.2.7:8464',
    'ci.example.org',
    'CI.example.org:443',
  ])
    t.is(await statusFor(host), 200, host);
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    'ci.example.org.',
    'a@localhost',
    'ci.example.org:x',
  ])
    t.is(await statusFor(host), 421, host);
});

test('where all addresses are listened on, any address will do as a host, and no foreign name', async (t) => {
  const { ask } = await apiRig(t, { own: { host: '0.0.0.0' } });
  const statusFor = async (host: string): Promise<number> =>
    (await ask('GET', '/api/session', { headers: { host } })).status;
  t.is(await statusFor('192.0.2.7:8464'), 200);
  t.is(await statusFor('[2001:db8::1]:8464'), 200);
  t.is(await statusFor('evil.example'), 421);
});
