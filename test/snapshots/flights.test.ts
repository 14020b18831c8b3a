import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';

import test, { type ExecutionContext } from 'ava';

import { type Claim, type Flights, openFlights, type TakenFlight, type Work } from '../../snapshots/flights.ts';
import { scratchFolder } from './scratch.ts';

const CLAIMER = join(import.meta.dirname, 'claimer.ts');
const FILE = 'flights.sqlite';

function work(key: string, seen: Readonly<Record<string, string>> = {}): Work {
  return { key, seen: new Map(Object.entries(seen)) };
}

function flightsIn(t: ExecutionContext, home: string, now = Date.now): Flights {
  const flights = openFlights(home, now);
  t.teardown(() => flights[Symbol.dispose]());
  return flights;
}

function owner(t: ExecutionContext, claim: Claim): TakenFlight {
  if (claim.taken) return claim.by;
  t.fail('nobody else is doing this');
  throw new Error('unreachable');
}

/** A process that claims `key`, says so, and stays. */
async function startClaimer(home: string, key: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CLAIMER, home, key], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}

test('what one has claimed is told to others with its process, until it is done', (t) => {
  const home = scratchFolder(t);
  const [one, other] = [flightsIn(t, home), flightsIn(t, home)];
  const mine = one.claim(work('build'));
  t.false(mine.taken);
  const taken = owner(t, other.claim(work('build')));
  t.is(taken.pid, process.pid);
  t.is(other.stateOf(taken), 'flying');
  t.false(other.claim(work('something else')).taken);
  if (!mine.taken) mine.flight[Symbol.dispose]();
  t.is(other.stateOf(taken), 'over');
  t.false(other.claim(work('build')).taken);
});

test('what was given up is told so to those who waited, and can be claimed by anybody', (t) => {
  const home = scratchFolder(t);
  const [one, other] = [flightsIn(t, home), flightsIn(t, home)];
  const mine = one.claim(work('build'));
  const taken = owner(t, other.claim(work('build')));
  if (!mine.taken) mine.flight.giveUp();
  if (!mine.taken) mine.flight[Symbol.dispose]();
  t.is(other.stateOf(taken), 'given-up');
  t.false(other.claim(work('build')).taken);
  t.is(other.stateOf(taken), 'given-up', 'a later claim does not hide it');
});

test('the same key over another state of the workspace is other work', (t) => {
  const flights = flightsIn(t, scratchFolder(t));
  flights.claim(work('build', { paths1: 'x', paths2: 'y' }));
  t.false(flights.claim(work('build', { paths1: 'z' })).taken);
  t.true(flights.claim(work('build', { paths2: 'y', paths3: 'new' })).taken);
  t.true(flights.claim(work('build')).taken, 'where nothing is known it may be the same');
});

test('a killed process holds nobody up', async (t) => {
  const home = scratchFolder(t);
  const flights = flightsIn(t, home);
  const child = await startClaimer(home, 'build');
  const taken = owner(t, flights.claim(work('build')));
  t.is(taken.pid, child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'close');
  t.is(flights.stateOf(taken), 'over');
  t.false(flights.claim(work('build')).taken);
});

test('of several processes that claim the same at once one gets it', async (t) => {
  const home = scratchFolder(t);
  const children = ['a', 'b', 'c', 'd'].map(() =>
    spawn(process.execPath, [CLAIMER, home, 'build'], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const said = await Promise.all(
    children.map(async (child) => {
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      return line;
    }),
  );
  // All are still there, as one that has ended holds nothing.
  for (const child of children) child.kill('SIGKILL');
  t.is(said.filter((line) => line === 'mine').length, 1);
  t.is(said.filter((line) => line.startsWith('taken by ')).length, 3);
});

test('a process of another container is not waited for', (t) => {
  const home = scratchFolder(t);
  const flights = flightsIn(t, home);
  flights.claim(work('build'));
  using database = closing(new DatabaseSync(join(home, FILE)));
  database.exec(`UPDATE flight SET owner = replace(owner, 'pid:[', 'pid:[9')`);
  t.false(flights.claim(work('build')).taken);
});

test('a damaged file is removed, and the next claim makes a new one', (t) => {
  const home = scratchFolder(t);
  writeFileSync(join(home, FILE), 'not a database, but as long as a header of one would have to be'.repeat(20));
  const flights = flightsIn(t, home);
  t.false(flights.claim(work('build')).taken);
  t.false(flights.claim(work('build')).taken);
  t.true(flights.claim(work('build')).taken);
});

test('a file of another version is left alone, and nobody waits', (t) => {
  const home = scratchFolder(t);
  const database = new DatabaseSync(join(home, FILE));
  database.exec('PRAGMA user_version = 7');
  database.close();
  const before = readFileSync(join(home, FILE));
  const flights = flightsIn(t, home);
  t.false(flights.claim(work('build')).taken);
  t.false(flights.claim(work('build')).taken, 'whatever was claimed before');
  t.deepEqual(readFileSync(join(home, FILE)), before);
});

test('what others gave up is forgotten after a while', (t) => {
  const home = scratchFolder(t);
  let nowMs = 1000;
  const flights = flightsIn(t, home, () => nowMs);
  const claim = flights.claim(work('build'));
  if (!claim.taken) claim.flight.giveUp();
  nowMs += 3_600_000;
  flights.claim(work('something else'));
  using database = closing(new DatabaseSync(join(home, FILE)));
  t.is(database.prepare('SELECT count(*) AS rows FROM flight').get()?.['rows'], 1);
});

function closing(database: DatabaseSync): DatabaseSync & Disposable {
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}
