import test from 'ava';

import { request } from '../fixture/fill-jobs.ts';
import { apiRig } from './api-rig.ts';

const CLIMBS = [
  '..',
  '%2e%2e',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fetc',
  '..%5c..',
  '%00',
  'a%2f..%2fb',
  '.git',
  'x.git',
  'x.lock',
  '%c0%ae%c0%ae',
];

test('a path that climbs or is no name is refused in every parameter of every route', async (t) => {
  const { routes, ask, services } = await apiRig(t);
  services.jobs.submit(request({}));
  const given: Readonly<Record<string, string>> = { id: '1', name: 'shop', secret: 'KEY', repository: 'shop' };
  for (const { method, url, access } of routes.filter((route) => route.url.includes(':') && route.access !== 'git')) {
    for (const [, parameter = ''] of url.matchAll(/:(\w+)/g))
      for (const climb of CLIMBS) {
        const filled = url.replace(/:(\w+)/g, (_, name: string) => (name === parameter ? climb : (given[name] ?? '')));
        const { status } = await ask(method, filled, access === 'signed' ? { as: null, body: {} } : {});
        t.true([400, 404, 415].includes(status), `${method} ${filled}: ${status}`);
      }
  }
});

test('a Layerfile that climbs out of the repository is refused wherever one is named', async (t) => {
  const { ask, services } = await apiRig(t);
  const { id } = services.jobs.submit(request({}));
  services.jobs.begin(id, 'push');
  for (const layerfile of [
    '/etc/passwd',
    '../Layerfile',
    'a/../../b',
    '..',
    'a\u0000b',
    'a\nb',
    '',
    'x'.repeat(1025),
  ]) {
    const query = `layerfile=${encodeURIComponent(layerfile)}`;
    t.is((await ask('GET', `/api/jobs/1/logs?follow=false&${query}`)).status, 400, query);
    t.is((await ask('GET', `/api/jobs/1/terminal?columns=80&rows=24&${query}`)).status, 400, query);
    for (const url of ['/api/jobs/1/buttons', '/api/jobs/1/websites'])
      t.is((await ask('POST', url, { body: { layerfile, step: 1 } })).status, 400, `${url} ${query}`);
    t.is(
      (await ask('POST', '/api/jobs', { body: { repository: 'shop', revision: 'main', paths: [layerfile] } })).status,
      400,
    );
  }
});

test('what is no revision is refused before git sees it', async (t) => {
  const { ask } = await apiRig(t);
  for (const revision of [
    '--upload-pack=x',
    '-h',
    '',
    'a b',
    'a..b^',
    'a:b',
    'main~1',
    'main^{tree}',
    'a\nb',
    'x'.repeat(256),
  ])
    t.is((await ask('POST', '/api/jobs', { body: { repository: 'shop', revision } })).status, 400, revision);
});

test('what a schema does not have is refused, in bodies and in queries, and nothing is made another type', async (t) => {
  const { routes, ask, services } = await apiRig(t);
  services.jobs.submit(request({}));
  const given: Readonly<Record<string, string>> = { id: '1', name: 'shop', secret: 'KEY' };
  for (const { method, url, schema } of routes) {
    const address = url.replace(/:(\w+)/g, (_, name: string) => given[name] ?? 'shop');
    if (schema?.querystring !== undefined)
      t.is((await ask(method, `${address}?unknown=1`)).status, 400, `${method} ${url}?unknown`);
    if (schema?.body === undefined) continue;
    for (const body of [
      { unknown: 1 },
      { name: { $gt: '' }, token: ['x'], value: 1 },
      [],
      { __proto__: null, constructor: { prototype: {} } },
    ])
      t.is((await ask(method, address, { body })).status, 400, `${method} ${url} ${JSON.stringify(body)}`);
  }
  for (const limit of ['0', '-1', '1e9', 'x', '1.5', '201'])
    t.is((await ask('GET', `/api/jobs?limit=${limit}`)).status, 400, limit);
  for (const id of ['0', '-1', '1.5', 'x', '9999999999999999', '1e3x', ''])
    t.true([400, 404].includes((await ask('GET', `/api/jobs/${id}`)).status), id);
});

test('bodies that are too large, no JSON, or poisoned are refused', async (t) => {
  const { app, tokens } = await apiRig(t);
  const send = async (payload: string, type = 'application/json', url = '/api/tokens'): Promise<number> =>
    (
      await app.inject({
        method: 'POST',
        url,
        payload,
        headers: { host: 'localhost', authorization: `Bearer ${tokens.admin}`, 'content-type': type },
      })
    ).statusCode;
  t.is(await send(JSON.stringify({ name: 'x'.repeat(600_000), role: 'read' })), 413);
  t.is(await send('x'.repeat(6 * 2 ** 20), 'application/json', '/webhooks/shop'), 413);
  t.is(await send('{"name":'), 400);
  t.is(await send('{"__proto__":{"role":"admin"},"name":"x","role":"read"}'), 400);
  t.is(await send('name=x&role=admin', 'application/x-www-form-urlencoded'), 415);
  t.is(await send('<a/>', 'text/xml'), 415);
  t.is(await send('{"name":"x","role":"read"}', 'text/plain'), 415);
});

test('values with line feeds bring no headers into answers', async (t) => {
  const { ask, services } = await apiRig(t);
  services.jobs.submit(request({}));
  for (const url of [
    '/api/jobs?search=a%0d%0aset-cookie:%20evil=1',
    '/x%0d%0aset-cookie:%20evil=1',
    '/api/jobs/1%0d%0aevil:1',
  ]) {
    const { headers } = await ask('GET', url);
    t.is(headers['evil'], undefined);
    t.is(headers['set-cookie'], undefined);
  }
});

test('script in names and titles comes as JSON, and as nothing else', async (t) => {
  const { ask, services } = await apiRig(t);
  const script = '</script><script>alert(1)</script>';
  const { id } = services.jobs.submit(request({ title: script, branch: script, author: script }));
  services.jobs.begin(id, 'push');
  services.jobs.emit(id, {
    atMs: 1,
    event: 'output',
    layerfile: 'Layerfile',
    step: 2,
    stream: 'stdout',
    text: `${script}\n`,
  });
  services.jobs.end(id, 'failed', { reason: script });
  for (const [url, type] of [
    ['/api/jobs', /^application\/json/],
    ['/api/jobs/1', /^application\/json/],
    ['/api/jobs/1/logs', /^text\/plain/],
    ['/api/jobs/1/events', /^text\/event-stream/],
  ] as const) {
    const { headers, text } = await ask('GET', url);
    t.regex(String(headers['content-type']), type);
    t.is(headers['x-content-type-options'], 'nosniff');
    t.true(text.includes('alert(1)'), url);
  }
  const echoed = await ask('GET', `/${encodeURIComponent(script)}`);
  t.false(echoed.text.includes('<script>'), 'an address is not echoed');
});

test('git is not asked for what climbs, and nobody unknown gets to it', async (t) => {
  const asked: string[] = [];
  const { ask } = await apiRig(t, {
    services: {
      git: {
        handle: (_request, response, { repository }) => {
          asked.push(repository);
          response.end();
          return Promise.resolve();
        },
      },
    },
  });
  t.is((await ask('GET', '/git/shop.git/info/refs?service=git-upload-pack', { as: null })).status, 401);
  t.is((await ask('POST', '/git/shop.git/git-receive-pack', { as: null })).status, 401);
  t.is((await ask('GET', '/git/../api/tokens', { as: null })).status, 401);
  t.deepEqual(asked, []);
  t.is((await ask('GET', '/git/shop.git/info/refs?service=git-upload-pack', { as: 'read' })).status, 200);
  t.deepEqual(asked, ['shop']);
});

for (const form of ['json', 'readable'] as const)
  test(`no token, cookie or secret gets into the ${form} log, and no name breaks a line of it`, async (t) => {
    const { ask, app, services, tokens, log } = await apiRig(t, { form });
    const login = await ask('POST', '/api/session', { as: null, body: { token: tokens.admin } });
    const cookie = /layer_session=([^;]*)/.exec(String(login.headers['set-cookie']))?.[1] ?? '';
    const { csrf } = login.body as { csrf: string };
    const made = await ask('POST', '/api/tokens', { body: { name: 'bob', role: 'read' } });
    const { token } = made.body as { token: string };
    const basic = Buffer.from(`layer:${tokens.member}`).toString('base64');
    await ask('PUT', '/api/repositories/shop/secrets/KEY', { body: { value: 'value-of-key' } });
    await ask('PATCH', '/api/repositories/shop', {
      body: {
        forge: { kind: 'github', cloneUrl: 'https://git.example/a/b', token: 'tok-1234', webhookSecret: 'hook-5678' },
      },
    });
    await ask('GET', '/git/shop.git/info/refs?service=git-upload-pack', {
      as: null,
      headers: { authorization: `Basic ${basic}` },
    });
    await ask('GET', `/api/session?token=${tokens.read}`, { as: null, headers: { cookie: `layer_session=${cookie}` } });
    await ask('GET', `/${tokens.read}`, { as: null });
    await ask('POST', '/api/session', { as: null, body: { token: `${tokens.read}x` } });
    services.jobs.list = () => {
      throw new Error(`it fails with ${tokens.admin} in its words`);
    };
    await ask('GET', '/api/jobs');
    app.log.info({ job: 1 }, 'shop feature/\u001b[2J\u202eevil\nFAKE LINE\r done');

    const text = log();
    t.true(text.includes('/api/tokens'), 'requests are logged');
    for (const secret of [
      ...Object.values(tokens),
      token,
      cookie,
      csrf,
      basic,
      'value-of-key',
      'tok-1234',
      'hook-5678',
    ])
      t.false(text.includes(secret), secret);
    t.true(text.includes('layer_[redacted]'));
    t.false(/[\u001b\u202e\r]/.test(text));
    t.false(text.split('\n').some((line) => line.startsWith('FAKE')));
    if (form === 'json') for (const line of text.trimEnd().split('\n')) t.notThrows(() => void JSON.parse(line));
  });
