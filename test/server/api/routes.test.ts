import test from 'ava';

import { mayAct } from '../../../server/access/index.ts';
import { request } from '../fixture/fill-jobs.ts';
import { apiRig, ROLES } from './api-rig.ts';

const GIVEN: Readonly<Record<string, string>> = { id: '1', name: 'shop', secret: 'KEY', repository: 'shop' };

function addressOf(url: string): string {
  return url.replace(/:(\w+)/g, (_, name: string) => GIVEN[name] ?? 'x').replace('*', 'info/refs');
}

test('every route says who may have it, and those of the API are open to nobody but who logs in', async (t) => {
  const { routes } = await apiRig(t);
  t.true(routes.length > 30);
  const open = routes.filter(({ access }) => access === 'open' || access === 'signed');
  t.deepEqual(open.map(({ method, url }) => `${method} ${url}`).sort(), [
    'GET /*',
    'GET /healthz',
    'GET /readyz',
    'POST /api/session',
    'POST /webhooks/:repository',
  ]);
});

test('no route answers without authorisation: 401 without a token, with a wrong one, and with a revoked one', async (t) => {
  const { routes, ask, services } = await apiRig(t);
  services.jobs.submit(request({}));
  const revoked = services.access.createToken('gone', 'admin');
  services.access.revoke(revoked?.id ?? 0);
  const wrong = [
    undefined,
    `Bearer layer_${'x'.repeat(43)}`,
    `Bearer ${revoked?.token ?? ''}`,
    'Bearer ',
    'Basic YTpi',
    'Bearer \u00e9',
  ];
  for (const { method, url, access } of routes.filter((route) => route.access !== 'open' && route.access !== 'signed'))
    for (const authorization of wrong) {
      const headers = authorization === undefined ? {} : { authorization };
      const { status, headers: told } = await ask(method, addressOf(url), { as: null, headers });
      t.true(status === 401 || status === 429, `${method} ${url} with ${String(authorization)}: ${status}`);
      if (access === 'git' && status === 401) t.regex(String(told['www-authenticate']), /^Basic /);
    }
});

test('no route is to be had with a lesser role, and each with its own', async (t) => {
  const { routes, ask, services } = await apiRig(t);
  services.jobs.submit(request({}));
  for (const { method, url, access } of routes)
    for (const role of ROLES) {
      if (access === 'open' || access === 'signed' || access === 'git' || method === 'DELETE' || url.endsWith('/live'))
        continue;
      // Streams would wait for the job.
      if (mayAct({ role }, access) && url.endsWith('/events')) continue;
      const { status } = await ask(method, addressOf(url), { as: role });
      if (mayAct({ role }, access)) t.false([401, 403].includes(status), `${method} ${url} for ${role}: ${status}`);
      else t.is(status, 403, `${method} ${url} for ${role}`);
    }
});

test('every route of the API is in the OpenAPI description with its parameters, and nothing else is', async (t) => {
  const { routes, ask } = await apiRig(t);
  const { body } = await ask('GET', '/api/openapi.json', { as: 'read' });
  const { paths, openapi } = body as {
    openapi: string;
    paths: Record<string, Record<string, { parameters?: { name: string }[]; summary?: string; responses: object }>>;
  };
  t.regex(openapi, /^3\.1/);
  const described = Object.entries(paths).flatMap(([url, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${url}`),
  );
  const shown = routes.filter(({ url, access }) => access !== 'git' && url !== '/*');
  t.deepEqual(described.sort(), shown.map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`).sort());
  for (const { method, url } of shown) {
    const one = paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    t.truthy(one?.summary, `${method} ${url} has a summary`);
    for (const [, name] of url.matchAll(/:(\w+)/g))
      t.true(one?.parameters?.some((parameter) => parameter.name === name));
  }
});
