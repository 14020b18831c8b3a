import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import test, { type ExecutionContext } from 'ava';

import { isRacilyClean } from '../../util/file-identity.ts';
import {
  type DigestMemo,
  openDirectoryWorkspace,
  openSqliteDigestMemo,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';

function makeFolder(t: ExecutionContext): string {
  const root = mkdtempSync(join(tmpdir(), 'layer-memo-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  return root;
}

test('digests outlive the process that made them', (t) => {
  const file = join(makeFolder(t), 'memo.sqlite');
  {
    using memo = openSqliteDigestMemo(file);
    t.is(memo.get('one'), undefined);
    memo.set('one', 'abc');
    memo.set('one', 'def');
    t.is(memo.get('one'), 'def');
  }
  using again = openSqliteDigestMemo(file);
  t.is(again.get('one'), 'def');
});

test('two processes may use one memo at once', (t) => {
  const file = join(makeFolder(t), 'memo.sqlite');
  using one = openSqliteDigestMemo(file);
  using two = openSqliteDigestMemo(file);
  for (let number = 0; number < 1000; number++) {
    one.set(`a${number}`, '1');
    two.set(`b${number}`, '2');
  }
  t.deepEqual([two.get('a0'), one.get('b0'), one.get('a999')], ['1', '2', '1']);
});

test('a memo that is busy with another process loses digests and nothing else', (t) => {
  const file = join(makeFolder(t), 'memo.sqlite');
  using one = openSqliteDigestMemo(file);
  t.is(one.get('a0'), undefined);
  using other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  for (let number = 0; number < 500; number++) one.set(`a${number}`, '1');
  t.is(one.get('a0'), undefined);
  other.exec('ROLLBACK');
  for (let number = 0; number < 500; number++) one.set(`a${number}`, '1');
  t.is(other.prepare('SELECT count(*) AS count FROM digests').get()?.['count'], 500);
});

test('a memo that nothing is asked of opens no file', (t) => {
  const folder = makeFolder(t);
  openSqliteDigestMemo(join(folder, 'memo.sqlite'))[Symbol.dispose]();
  t.deepEqual(readdirSync(folder), []);
});

test('a damaged or foreign file is replaced by an empty memo', (t) => {
  for (const text of ['not a database, but long enough to be taken for one'.repeat(50), '']) {
    const file = join(makeFolder(t), 'memo.sqlite');
    writeFileSync(file, text);
    using memo = openSqliteDigestMemo(file);
    memo.set('one', 'abc');
    t.is(memo.get('one'), 'abc');
  }
});

test('a memo that cannot be made forgets everything and fails nothing', (t) => {
  using memo = openSqliteDigestMemo(join(makeFolder(t), 'missing folder', 'memo.sqlite'));
  memo.set('one', 'abc');
  t.is(memo.get('one'), undefined);
});

test('a file written a moment ago is digested but not remembered', (t) => {
  const root = makeFolder(t);
  writeFileSync(join(root, 'file'), 'text');
  const remembered: string[] = [];
  const digestMemo: DigestMemo = { get: () => undefined, set: (identity) => void remembered.push(identity) };
  t.is(openDirectoryWorkspace({ root, digestMemo }).digest('file' as WorkspacePath)?.length, 64);
  t.deepEqual(remembered, []);
});

test('a remembered digest is used without reading the file', (t) => {
  const root = makeFolder(t);
  writeFileSync(join(root, 'file'), 'text');
  utimesSync(join(root, 'file'), 1000, 1000);
  const digestMemo: DigestMemo = { get: () => 'remembered', set: () => undefined };
  t.is(openDirectoryWorkspace({ root, digestMemo }).digest('file' as WorkspacePath), 'remembered');
});

test('a file is racily clean until both its times are older than any clock tick', (t) => {
  t.true(isRacilyClean({ mtimeMs: 0, ctimeMs: 9000 }, 10_000));
  t.true(isRacilyClean({ mtimeMs: 9000, ctimeMs: 0 }, 10_000));
  t.true(isRacilyClean({ mtimeMs: 99_000, ctimeMs: 0 }, 10_000));
  t.false(isRacilyClean({ mtimeMs: 7000, ctimeMs: 7000 }, 10_000));
});
