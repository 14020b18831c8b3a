import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { openDatabase } from '../../server/database.ts';

const FIRST = { room: 'shelf', migrations: ['CREATE TABLE shelf (item TEXT) STRICT'] };
const SECOND = { room: 'shelf', migrations: [...FIRST.migrations, 'ALTER TABLE shelf ADD COLUMN price INTEGER'] };

function place(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-database-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'server.sqlite');
}

test('each room has its tables brought up to date, once, and only its owner may read them', (t) => {
  const path = place(t);
  {
    using file = openDatabase(path, [FIRST]);
    file.write(() => file.database.exec(`INSERT INTO shelf VALUES ('pen')`));
  }
  using file = openDatabase(path, [SECOND, { room: 'cellar', migrations: ['CREATE TABLE cellar (wine TEXT) STRICT'] }]);
  t.deepEqual(
    file.database
      .prepare('SELECT * FROM shelf')
      .all()
      .map((row) => ({ ...row })),
    [{ item: 'pen', price: null }],
  );
  t.is(file.database.prepare('SELECT count(*) AS many FROM cellar').get()?.['many'], 0);
  t.is(statSync(path).mode & 0o777, 0o600);
});

test('what a newer Layer made is refused, with what to do', (t) => {
  const path = place(t);
  openDatabase(path, [SECOND])[Symbol.dispose]();
  t.like(
    t.throws(() => openDatabase(path, [FIRST])),
    {
      code: 'CACHE_TOO_NEW',
      hint: 'Update Layer, or give the server another folder with --data.',
    },
  );
  {
    using file = openDatabase(path, [SECOND]);
    file.database.exec('PRAGMA user_version = 2');
  }
  t.like(
    t.throws(() => openDatabase(path, [SECOND])),
    { code: 'CACHE_TOO_NEW' },
  );
});

test('a file that is no database says so', (t) => {
  const path = place(t);
  writeFileSync(path, 'no database, but long enough to be looked at as one. '.repeat(100));
  t.like(
    t.throws(() => openDatabase(path, [FIRST])),
    { code: 'CACHE_UNUSABLE' },
  );
});

test('a transaction that fails leaves nothing, and one within another is a part of it', (t) => {
  using file = openDatabase(place(t), [FIRST]);
  const add = (item: string): void => file.write(() => file.database.exec(`INSERT INTO shelf VALUES ('${item}')`));
  t.throws(
    () =>
      file.writeDurably(() => {
        add('pen');
        throw new Error('no');
      }),
    { message: 'no' },
  );
  t.is(file.database.prepare('SELECT count(*) AS many FROM shelf').get()?.['many'], 0);
  file.writeDurably(() => {
    add('pen');
    add('ink');
  });
  t.is(file.database.prepare('SELECT count(*) AS many FROM shelf').get()?.['many'], 2);
});
