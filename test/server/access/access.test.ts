import test, { type ExecutionContext } from 'ava';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Access, ACCESS_TABLES, SESSION_MS } from '../../../server/access/index.ts';
import { openDatabase } from '../../../server/database.ts';

function opened(t: ExecutionContext): { access: Access; file: string; clock: { nowMs: number } } {
  const folder = mkdtempSync(join(tmpdir(), 'layer-access-'));
  const file = join(folder, 'server.sqlite');
  const database = openDatabase(file, [ACCESS_TABLES]);
  t.teardown(() => {
    database[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  const clock = { nowMs: Date.UTC(2026, 10, 22, 12, 34) };
  return { access: new Access(database, () => clock.nowMs), file, clock };
}

test('a token is told once, and known by its caller afterwards', (t) => {
  const { access } = opened(t);
  const { token, id } = access.createToken('ann', 'member') ?? { token: '', id: 0 };
  t.regex(token, /^layer_[A-Za-z0-9_-]{43}$/);
  t.like(access.callerByToken(token), { name: 'ann', role: 'member', by: 'token', token: id, csrf: null });
  t.is(access.callerByToken(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`), null);
  for (const wrong of ['', 'layer_', token.slice(6), `${token} `, 'x'.repeat(1000)])
    t.is(access.callerByToken(wrong), null);
});

test('the database has neither tokens nor cookies in it', (t) => {
  const { access, file } = opened(t);
  const { token } = access.createToken('ann', 'admin') ?? { token: '' };
  const { cookie } = access.openSession(token) ?? { cookie: '' };
  const bytes = ['', '-wal'].map((end) => readFileSync(`${file}${end}`, 'latin1')).join('');
  t.true(bytes.includes('ann'), 'the file is the one that is written');
  for (const secret of [token.slice(6), cookie, Buffer.from(cookie, 'base64url').toString('latin1')])
    t.false(bytes.includes(secret));
});

test('names of tokens are unique', (t) => {
  const { access } = opened(t);
  t.not(access.createToken('ann', 'read'), null);
  t.is(access.createToken('ann', 'admin'), null);
  t.deepEqual(
    access.tokens().map(({ name, role }) => [name, role]),
    [['ann', 'read']],
  );
});

test('a revoked token and its sessions count no more, and its number is not given again', (t) => {
  const { access } = opened(t);
  const first = access.createToken('ann', 'read') ?? { id: 0, token: '' };
  const session = access.openSession(first.token);
  t.true(access.revoke(first.id));
  t.false(access.revoke(first.id));
  t.is(access.callerByToken(first.token), null);
  t.is(access.callerBySession(session?.cookie ?? ''), null);
  t.false(access.isKnown(first.id));
  t.not(access.createToken('bob', 'read')?.id, first.id);
});

test('a session ends by itself 30 days after its last use, and at a log-out', (t) => {
  const { access, clock } = opened(t);
  const { token } = access.createToken('ann', 'read') ?? { token: '' };
  const { cookie, caller } = access.openSession(token) ?? { cookie: '', caller: null };
  t.like(caller, { by: 'session', name: 'ann' });
  clock.nowMs += SESSION_MS - 1;
  const late = access.callerBySession(cookie);
  t.like(late, { by: 'session', isProlonged: true, csrf: caller?.csrf ?? '' });
  clock.nowMs += 1000;
  t.is(access.callerBySession(cookie)?.isProlonged, undefined, 'it is not written with each request');
  clock.nowMs += SESSION_MS;
  t.is(access.callerBySession(cookie), null);

  const other = access.openSession(token) ?? { cookie: '' };
  access.endSession(other.cookie);
  t.is(access.callerBySession(other.cookie), null);
});

test('the CSRF token of each session is its own', (t) => {
  const { access } = opened(t);
  const { token } = access.createToken('ann', 'read') ?? { token: '' };
  const csrfs = [1, 2].map(() => access.openSession(token)?.caller.csrf);
  t.is(new Set(csrfs).size, 2);
});

test('the last use of a token is kept to the hour', (t) => {
  const { access, clock } = opened(t);
  const { token } = access.createToken('ann', 'read') ?? { token: '' };
  t.is(access.tokens()[0]?.lastUsedAtMs, null);
  access.callerByToken(token);
  t.is(access.tokens()[0]?.lastUsedAtMs, Date.UTC(2026, 10, 22, 12));
  clock.nowMs += 3_600_000;
  access.callerByToken(token);
  t.is(access.tokens()[0]?.lastUsedAtMs, Date.UTC(2026, 10, 22, 13));
});
