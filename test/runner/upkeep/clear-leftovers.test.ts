import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { clearLeftovers } from '../../../runner/upkeep/clear-leftovers.ts';
import { tryLock } from '../../../util/process-lock.ts';

const DAY_MS = 24 * 3_600_000;
const COMMIT = 'c'.repeat(40);

function scratchHome(t: ExecutionContext, files: readonly string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'layer-leftovers-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  for (const file of files) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), '');
  }
  return home;
}

function aged(path: string, days: number): void {
  const seconds = (Date.now() - days * DAY_MS) / 1000;
  utimesSync(path, seconds, seconds);
}

test('parsed Layerfiles and looks that nobody used for a month go', (t) => {
  const home = scratchHome(t, ['parsed/old', 'parsed/young', 'looks/old.look', 'looks/young.look', 'caches/old']);
  for (const file of ['parsed/old', 'looks/old.look', 'caches/old']) aged(join(home, file), 31);
  for (const file of ['parsed/young', 'looks/young.look']) aged(join(home, file), 29);
  clearLeftovers(home, Date.now());
  t.deepEqual(readdirSync(join(home, 'parsed')), ['young']);
  t.deepEqual(readdirSync(join(home, 'looks')), ['young.look']);
  t.deepEqual(readdirSync(join(home, 'caches')), ['old']);
});

test('what was read yesterday stays, however long ago it was written', (t) => {
  const home = scratchHome(t, ['parsed/read']);
  utimesSync(join(home, 'parsed/read'), (Date.now() - DAY_MS) / 1000, 1);
  clearLeftovers(home, Date.now());
  t.true(existsSync(join(home, 'parsed/read')));
});

test('a home in which there is nothing yet has nothing to clear', (t) => {
  const home = scratchHome(t, []);
  clearLeftovers(home, Date.now());
  t.deepEqual(readdirSync(home), []);
});

const CLONE = ['clones/a/mirror.git/HEAD', `clones/a/trees/${COMMIT}/file`];

function ageClone(home: string): void {
  for (const path of ['mirror.git', `trees/${COMMIT}`, 'trees']) aged(join(home, 'clones/a', path), 31);
}

test('a clone that nobody used for a month goes, but for its lock', (t) => {
  const home = scratchHome(t, CLONE);
  ageClone(home);
  clearLeftovers(home, Date.now());
  t.deepEqual(readdirSync(join(home, 'clones/a')).sort(), ['lock', 'trees']);
  t.deepEqual(
    readdirSync(join(home, 'clones/a/trees')).filter((name) => name === COMMIT),
    [],
  );
});

test('a clone that a run uses, or that was used lately, stays', (t) => {
  const home = scratchHome(t, CLONE);
  clearLeftovers(home, Date.now());
  t.true(existsSync(join(home, 'clones/a/mirror.git/HEAD')));
  ageClone(home);
  {
    using _fetching = tryLock(join(home, 'clones/a/lock'), 'exclusive')!;
    clearLeftovers(home, Date.now());
  }
  t.true(existsSync(join(home, 'clones/a/mirror.git/HEAD')));
  using _reading = tryLock(join(home, `clones/a/trees/${COMMIT}.lock`), 'shared')!;
  ageClone(home);
  aged(join(home, `clones/a/trees/${COMMIT}.lock`), 31);
  clearLeftovers(home, Date.now());
  t.true(existsSync(join(home, `clones/a/trees/${COMMIT}/file`)));
});
