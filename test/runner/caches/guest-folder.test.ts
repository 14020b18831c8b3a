import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, readlinkSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import {
  EMPTY_FINGERPRINT,
  emptyScript,
  fillScript,
  fingerprintScript,
  makeScript,
  packScript,
  readFingerprints,
} from '../../../runner/caches/guest-folder.ts';

// The scripts are the guest's, and do here what they do there.
function bash(script: string, input: Uint8Array = Buffer.alloc(0)): Buffer {
  return execFileSync('bash', ['--norc', '-c', script], { input, stdio: ['pipe', 'pipe', 'pipe'] });
}

function folder(t: ExecutionContext, name = "cache of 'mine'"): string {
  const parent = mkdtempSync(join(tmpdir(), 'layer-guest-folder-'));
  t.teardown(() => rmSync(parent, { recursive: true, force: true }));
  const path = join(parent, name);
  mkdirSync(path);
  return path;
}

function fingerprint(path: string): string | null {
  return readFingerprints(bash(fingerprintScript([path])).toString())[0] ?? null;
}

function fillOddly(path: string): void {
  mkdirSync(join(path, 'sub/deep'), { recursive: true, mode: 0o750 });
  writeFileSync(join(path, 'sub/tool'), 'run', { mode: 0o755 });
  writeFileSync(join(path, '.hidden'), 'h');
  writeFileSync(join(path, '-n odd\n"name" é'), 'odd');
  writeFileSync(join(path, '..dots'), '');
  symlinkSync('sub/gone', join(path, 'link'));
  linkSync(join(path, 'sub/tool'), join(path, 'same'));
  utimesSync(join(path, '.hidden'), new Date(1e12), new Date(1_000_000_000_123));
}

test('what is packed from one folder and filled into another is equal, odd things included', (t) => {
  const [from, to] = [folder(t), folder(t, '-other')];
  fillOddly(from);
  chmodSync(from, 0o2770);
  writeFileSync(join(to, 'old'), 'was there');
  mkdirSync(join(to, 'sub'));
  writeFileSync(join(to, 'sub/old'), '');
  bash(fillScript(to), bash(packScript(from)));
  t.deepEqual(readdirSync(to).sort(), readdirSync(from).sort());
  t.is(readFileSync(join(to, '-n odd\n"name" é'), 'utf8'), 'odd');
  t.is(readlinkSync(join(to, 'link')), 'sub/gone');
  t.is(statSync(join(to, 'sub/tool')).mode & 0o777, 0o755);
  t.is(statSync(join(to, 'sub/tool')).ino, statSync(join(to, 'same')).ino);
  t.is(lstatSync(join(to, '.hidden')).mtimeMs, 1_000_000_000_123);
  t.is(statSync(to).mode & 0o7777, 0o2770);
  t.is(fingerprint(to), fingerprint(from));
  t.deepEqual(readdirSync(join(to, 'sub')).sort(), ['deep', 'tool']);
});

test('a stream that is cut short leaves the folder as it was', (t) => {
  const [from, to] = [folder(t), folder(t)];
  fillOddly(from);
  writeFileSync(join(to, 'old'), 'was there');
  const before = fingerprint(to);
  const whole = bash(packScript(from));
  // A member takes whole blocks of 512 bytes; the last 1024 and the padding behind them are zero.
  for (const length of [0, 512, 1024, 1500, 1536, whole.lastIndexOf('.layer-cache-complete') - 1]) {
    t.throws(() => bash(fillScript(to), whole.subarray(0, length)), undefined, String(length));
    t.deepEqual(readdirSync(to), ['old']);
    t.is(fingerprint(to), before);
  }
});

test('any change shows in the fingerprint, and a file that came and went does not', (t) => {
  const path = folder(t);
  t.is(fingerprint(path), EMPTY_FINGERPRINT);
  fillOddly(path);
  const seen = new Set([fingerprint(path)]);
  const changes: (() => void)[] = [
    () => writeFileSync(join(path, 'sub/tool'), 'ran'),
    () => chmodSync(join(path, 'sub/tool'), 0o700),
    () => rmSync(join(path, '..dots')),
    () => mkdirSync(join(path, 'empty')),
    () => utimesSync(join(path, '.hidden'), 1, 2),
    () => {
      rmSync(join(path, 'link'));
      symlinkSync('else', join(path, 'link'));
    },
  ];
  for (const change of changes) {
    change();
    seen.add(fingerprint(path));
  }
  t.is(seen.size, changes.length + 1);
  const last = fingerprint(path);
  writeFileSync(join(path, 'lock'), '');
  rmSync(join(path, 'lock'));
  t.is(fingerprint(path), last);
});

test('folders are told apart, and one that is not there is known as such', (t) => {
  const [one, two] = [folder(t), folder(t)];
  writeFileSync(join(two, 'x'), '');
  const [first, missing, second] = readFingerprints(bash(fingerprintScript([one, join(one, 'gone'), two])).toString());
  t.is(first, EMPTY_FINGERPRINT);
  t.is(missing, null);
  t.is(second, fingerprint(two));
  t.deepEqual(readFingerprints('rubbish\n\n'), [null]);
});

test('an emptied folder is empty and still there', (t) => {
  const path = folder(t);
  fillOddly(path);
  bash(emptyScript(path));
  t.deepEqual(readdirSync(path), []);
});

test('a folder that is missing is made with its parents, and one that is there is left alone', (t) => {
  const path = join(folder(t), "a/b 'c'");
  bash(makeScript({ user: 'root' }, path));
  t.true(existsSync(path));
  writeFileSync(join(path, 'x'), '');
  bash(makeScript({ user: 'root' }, path));
  t.deepEqual(readdirSync(path), ['x']);
  t.throws(() => bash(makeScript({ user: 'root' }, join(path, 'x'))));
});
