import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { lock, tryLock } from '../../util/process-lock.ts';

function lockFile(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-lock-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, 'lock');
}

test('an exclusive lock excludes every other, and is free once it is given back', (t) => {
  const path = lockFile(t);
  {
    using held = tryLock(path, 'exclusive');
    t.truthy(held);
    t.is(tryLock(path, 'exclusive'), null);
    t.is(tryLock(path, 'shared'), null);
  }
  using again = tryLock(path, 'exclusive');
  t.truthy(again);
});

test('a shared lock excludes only exclusive ones', (t) => {
  const path = lockFile(t);
  using first = tryLock(path, 'shared');
  {
    using second = tryLock(path, 'shared');
    t.truthy(second);
  }
  t.truthy(first);
  t.is(tryLock(path, 'exclusive'), null, 'giving one back leaves the other');
});

test('whoever waits gets the lock when it is given back', async (t) => {
  const path = lockFile(t);
  const held = tryLock(path, 'exclusive');
  const waiting = lock(path, 'exclusive', { name: 'the other one', limitMs: 10_000 });
  held?.[Symbol.dispose]();
  using got = await waiting;
  t.truthy(got);
});

test('waiting ends at its limit and when it is cancelled', async (t) => {
  const path = lockFile(t);
  using _held = tryLock(path, 'exclusive');
  await t.throwsAsync(lock(path, 'shared', { name: 'the other one', limitMs: 0 }), { code: 'WAIT_TIMED_OUT' });
  const signal = AbortSignal.abort(new Error('Ctrl-C'));
  await t.throwsAsync(lock(path, 'shared', { name: 'the other one', limitMs: 1000, signal }), { message: 'Ctrl-C' });
});

test('a lock file that cannot be made is no bug of ours', (t) => {
  const path = join(lockFile(t), 'no-such-folder');
  t.throws(() => tryLock(path, 'exclusive'), { code: 'CACHE_UNUSABLE', message: /Cannot lock/ });
});

test('a killed process leaves no lock', async (t) => {
  const path = lockFile(t);
  const source = `const { tryLock } = await import(${JSON.stringify(join(import.meta.dirname, '../../util/process-lock.ts'))});
    globalThis.held = tryLock(${JSON.stringify(path)}, 'exclusive'); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  t.is(tryLock(path, 'shared'), null);
  child.kill('SIGKILL');
  await once(child, 'exit');
  using free = tryLock(path, 'exclusive');
  t.truthy(free);
});
