import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { text } from 'node:stream/consumers';

import test, { type ExecutionContext } from 'ava';

import { listCaches, removeCache } from '../../../runner/caches/cache-folder.ts';
import { CacheStore } from '../../../runner/caches/cache-store.ts';

const CACHE = { repository: 'github.com/o/n', folder: '/root/.npm' };
const [ONE = '', TWO = ''] = ['1', '2'].map((digit) => digit.repeat(32));

function home(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-caches-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function writing(content: string | Buffer): (output: Writable) => Promise<void> {
  return async (output) => {
    output.end(content);
    return Promise.resolve();
  };
}

async function readAll(store: CacheStore, identity = CACHE): Promise<string> {
  const reading = await store.read(identity);
  return reading.kind === 'whole' ? text(reading.content) : reading.kind;
}

test('what was saved is read again, and a newer generation takes its place', async (t) => {
  const store = new CacheStore(home(t));
  t.is(store.newest(CACHE), null);
  t.is(await readAll(store), 'none');
  await store.save(CACHE, ONE, writing('one'));
  t.is(store.newest(CACHE)?.generation, ONE);
  t.is(await readAll(store), 'one');
  const saved = await store.save(CACHE, TWO, writing('two'));
  t.is(await readAll(store), 'two');
  t.deepEqual(readdirSync(dirname(saved.file)).sort(), [basename(saved.file), 'cache.json']);
  t.is(statSync(saved.file).mode & 0o777, 0o600);
});

test('repositories and folders do not share', async (t) => {
  const store = new CacheStore(home(t));
  await store.save(CACHE, ONE, writing('one'));
  t.is(await readAll(store, { ...CACHE, repository: 'github.com/o/other' }), 'none');
  t.is(await readAll(store, { ...CACHE, folder: '/root/.cache' }), 'none');
});

test('whoever began to read goes on while another saves, and while the cache is removed', async (t) => {
  const folder = home(t);
  const store = new CacheStore(folder);
  const big = Buffer.alloc(8 << 20, 'a long text that compresses ');
  await store.save(CACHE, ONE, writing(big));
  const reading = await store.read(CACHE);
  if (reading.kind !== 'whole') return t.fail(reading.kind);
  await new CacheStore(folder).save(CACHE, TWO, writing('two'));
  for (const cache of listCaches(folder)) removeCache(folder, cache);
  t.true((await buffer(reading.content)).equals(big));
  t.is(await readAll(store), 'none');
});

test('of many that save at once the last to end wins, and all read whole', async (t) => {
  const folder = home(t);
  const saves = Array.from({ length: 12 }, async (_, index) => {
    const store = new CacheStore(folder);
    await store.save(CACHE, String(index).padStart(32, '0'), writing(`generation ${index} `.repeat(10_000)));
    const content = await readAll(store);
    t.regex(content, /^generation (\d+) (generation \1 )*$/);
    return store.newest(CACHE)?.file;
  });
  const files = await Promise.all(saves);
  const last = new CacheStore(folder).newest(CACHE);
  t.true(files.includes(last?.file));
  t.is(readdirSync(dirname(last?.file ?? '')).length, 2);
  t.deepEqual(readdirSync(join(folder, 'caches')).length, 1, 'nothing temporary is left');
});

for (const [what, damage] of [
  ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3)],
  ['flipped', (bytes: Buffer) => bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte))],
  ['emptied', () => Buffer.alloc(0)],
] as const) {
  test(`a file that was ${what} is noticed before any of it is used, and dropped`, async (t) => {
    const store = new CacheStore(home(t));
    const { file } = await store.save(CACHE, ONE, writing('content '.repeat(100)));
    writeFileSync(file, damage(readFileSync(file)));
    t.like(await store.read(CACHE), { kind: 'damaged' });
    t.is(await readAll(store), 'none');
  });
}

test('a save that fails leaves what was stored, and nothing else', async (t) => {
  const folder = home(t);
  const store = new CacheStore(folder);
  await store.save(CACHE, ONE, writing('one'));
  const failing = async (output: Writable): Promise<void> => {
    output.write('half');
    return Promise.reject(new Error('the guest died'));
  };
  await t.throwsAsync(store.save(CACHE, TWO, failing), { message: 'the guest died' });
  t.is(await readAll(store), 'one');
  t.is(readdirSync(join(folder, 'caches')).length, 1);
});

test('a clock that was set back makes no older generation of a newer one', async (t) => {
  const store = new CacheStore(home(t));
  const { file } = await store.save(CACHE, ONE, writing('one'));
  const future = join(dirname(file), basename(file).replace(/^\d{15}/, '999999999999998'));
  writeFileSync(future, readFileSync(file));
  await store.save(CACHE, TWO, writing('two'));
  t.is(await readAll(store), 'two');
});

test('caches are listed with what they are, the biggest first, also one whose description is lost', async (t) => {
  const folder = home(t);
  t.deepEqual(listCaches(folder), []);
  const store = new CacheStore(folder);
  await store.save(CACHE, ONE, writing('small'));
  const other = { ...CACHE, folder: '/root/.m2' };
  const { file } = await store.save(
    other,
    TWO,
    writing(Buffer.from(Array.from({ length: 999 }, (_, i) => (i * i) % 251))),
  );
  t.deepEqual(
    listCaches(folder).map(({ identity }) => identity),
    [other, CACHE],
  );
  writeFileSync(join(dirname(file), 'cache.json'), '{');
  t.is(listCaches(folder)[0]?.identity, null);
  for (const cache of listCaches(folder)) removeCache(folder, cache);
  t.deepEqual(listCaches(folder), []);
});
