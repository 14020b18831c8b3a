import test from 'ava';

import { apiRig } from './api-rig.ts';

test('a member makes a repository, and an admin changes its settings; what is secret is never told', async (t) => {
  const { ask } = await apiRig(t);
  const made = await ask('POST', '/api/repositories', { as: 'member', body: { name: 'made' } });
  t.is(made.status, 201);
  t.like(made.body, { name: 'made', cancelSuperseded: true, forge: null });
  t.is((await ask('POST', '/api/repositories', { as: 'member', body: { name: 'made' } })).status, 409);
  const forge = {
    kind: 'gitea',
    cloneUrl: 'https://git.example/a/b.git',
    token: 'tok-1234',
    webhookSecret: 'hook-5678',
  };
  const changed = await ask('PATCH', '/api/repositories/made', { body: { forge, cancelSuperseded: false } });
  t.is(changed.status, 200);
  t.like(changed.body, { cancelSuperseded: false, forge: { kind: 'gitea', hasToken: true, hasWebhookSecret: true } });
  const { text } = await ask('GET', '/api/repositories/made');
  for (const secret of ['tok-1234', 'hook-5678']) t.false(text.includes(secret));
  t.is((await ask('PATCH', '/api/repositories/nobody', { body: { priority: 1 } })).status, 404);
});

test('secrets are set, listed by name and forgotten; their values are not told', async (t) => {
  const { ask, log } = await apiRig(t);
  t.is(
    (await ask('PUT', '/api/repositories/shop/secrets/KEY', { as: 'member', body: { value: 'value-of-key' } })).status,
    204,
  );
  const listed = await ask('GET', '/api/repositories/shop/secrets', { as: 'member' });
  t.like(listed.body, [{ name: 'KEY' }]);
  t.false(listed.text.includes('value-of-key'));
  t.is((await ask('DELETE', '/api/repositories/shop/secrets/KEY')).status, 204);
  t.is((await ask('DELETE', '/api/repositories/shop/secrets/KEY')).status, 404);
  t.is((await ask('GET', '/api/repositories/nobody/secrets')).status, 404);
  t.false(log().includes('value-of-key'));
});

test('an admin makes, lists and revokes tokens; a token is told once', async (t) => {
  const { ask } = await apiRig(t);
  const made = await ask('POST', '/api/tokens', { body: { name: 'bob', role: 'member' } });
  t.is(made.status, 201);
  t.is(made.headers['cache-control'], 'no-store');
  const { id, token } = made.body as { id: number; token: string };
  const headers = { authorization: `Bearer ${token}` };
  t.like((await ask('GET', '/api/session', { as: null, headers })).body, { name: 'bob', role: 'member', csrf: null });
  t.false((await ask('GET', '/api/tokens')).text.includes(token));
  t.is((await ask('DELETE', `/api/tokens/${id}`)).status, 204);
  t.is((await ask('DELETE', `/api/tokens/${id}`)).status, 404);
  t.is((await ask('GET', '/api/session', { as: null, headers })).status, 401);
  t.is((await ask('POST', '/api/tokens', { body: { name: 'the read', role: 'read' } })).status, 409);
});
