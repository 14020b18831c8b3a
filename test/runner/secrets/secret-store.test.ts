import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

import { SecretKey } from '../../../runner/secrets/secret-key.ts';
import { SecretStore } from '../../../runner/secrets/secret-store.ts';
import { LayerError } from '../../../util/layer-error.ts';

class Home implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'layer-secrets-'));
  readonly store = new SecretStore(this.path);

  set(name: string, value: string | Buffer): void {
    this.store.set(name, Buffer.from(value));
  }

  names(): readonly string[] {
    return this.store.list().map(({ name }) => name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

test('a secret is kept exactly, for its owner only, until it is replaced or removed', (t) => {
  using home = new Home();
  t.deepEqual(home.names(), []);
  t.is(home.store.value('TOKEN'), undefined);
  home.set('TOKEN', 'a\n"é"\n');
  home.set('_OTHER', 'b');
  t.is(home.store.value('TOKEN'), 'a\n"é"\n');
  t.is(modeOf(join(home.path, 'secrets')), '700');
  t.is(modeOf(join(home.path, 'secrets/TOKEN')), '600');
  home.set('TOKEN', 'c');
  t.is(home.store.value('TOKEN'), 'c');
  t.deepEqual(home.names(), ['TOKEN', '_OTHER']);
  t.true(home.store.remove('TOKEN'));
  t.false(home.store.remove('TOKEN'));
  t.is(home.store.value('TOKEN'), undefined);
  t.deepEqual(home.names(), ['_OTHER']);
});

test('what a killed process left of a secret is no secret, and goes with it', (t) => {
  using home = new Home();
  home.set('TOKEN', 'a');
  const { pid } = spawnSync('true');
  const [dead, alive] = [`TOKEN.${pid}.tmp`, `TOKEN.${process.pid}.tmp`];
  for (const name of [dead, alive, `TOKEN2.${pid}.tmp`]) writeFileSync(join(home.path, 'secrets', name), 'half');
  t.deepEqual(home.names(), ['TOKEN']);
  home.store.remove('TOKEN');
  t.deepEqual(readdirSync(join(home.path, 'secrets')).sort(), [alive, `TOKEN2.${pid}.tmp`].sort());
});

for (const name of ['', '1A', 'A-B', 'A.1.tmp', '../key', 'A B', 'É', 'A\n']) {
  test(`${JSON.stringify(name)} cannot be the name of a secret`, (t) => {
    using home = new Home();
    const refused = { instanceOf: LayerError, code: 'USAGE' };
    t.throws(() => home.set(name, 'a'), refused);
    t.throws(() => home.store.value(name), refused);
    t.throws(() => home.store.remove(name), refused);
  });
}

for (const [what, value, message] of [
  ['an empty value', '', 'The value for TOKEN is empty'],
  ['a value with a NUL byte', 'a\0b', 'The value for TOKEN holds a NUL byte, as no environment variable can'],
  ['a value that is not UTF-8', Buffer.from([0x61, 0xff]), 'The value for TOKEN is not UTF-8 text'],
  [
    'a value that is too long',
    'x'.repeat(128 * 1024),
    'The value for TOKEN is longer than the 128 KiB that Linux allows a variable',
  ],
] as const) {
  test(`${what} is refused`, (t) => {
    using home = new Home();
    t.throws(() => home.set('TOKEN', value), { code: 'USAGE', message });
    t.deepEqual(home.names(), []);
  });
}

test('a fingerprint depends on name, value and home, and tells neither', (t) => {
  using home = new Home();
  using other = new Home();
  const fingerprint = (path: string, name: string, value: string): string =>
    new SecretKey(path).fingerprint(name, value);
  const first = fingerprint(home.path, 'A', 'value');
  t.regex(first, /^[0-9a-f]{64}$/);
  t.is(fingerprint(home.path, 'A', 'value'), first, 'the key is kept');
  const others = [
    ['B', 'value'],
    ['A', 'value2'],
    ['Av', 'alue'],
  ] as const;
  t.is(
    new Set([
      first,
      ...others.map(([name, value]) => fingerprint(home.path, name, value)),
      fingerprint(other.path, 'A', 'value'),
    ]).size,
    5,
  );
  t.is(modeOf(join(home.path, 'secrets.key')), '600');
  t.is(statSync(join(home.path, 'secrets.key')).size, 32);
  t.deepEqual(readdirSync(home.path), ['secrets.key']);
});

test('processes that make the key at once agree on it', async (t) => {
  using home = new Home();
  const script = `
    import { SecretKey } from './runner/secrets/secret-key.ts';
    process.stdout.write(new SecretKey(${JSON.stringify(home.path)}).fingerprint('A', 'a'));
  `;
  const run = async (): Promise<string> => {
    const args = ['--input-type=module-typescript', '-e', script];
    return (await promisify(execFile)(process.execPath, args, { cwd: join(import.meta.dirname, '../../..') })).stdout;
  };
  const fingerprints = await Promise.all(Array.from({ length: 4 }, run));
  t.deepEqual(new Set(fingerprints), new Set([new SecretKey(home.path).fingerprint('A', 'a')]));
  t.deepEqual(readdirSync(home.path), ['secrets.key']);
});

test('a damaged key is told, not replaced', (t) => {
  using home = new Home();
  const path = join(home.path, 'secrets.key');
  writeFileSync(path, 'short');
  t.throws(() => new SecretKey(home.path).fingerprint('A', 'a'), { code: 'CACHE_UNUSABLE', message: /is damaged/ });
  t.is(readFileSync(path, 'utf8'), 'short');
});
