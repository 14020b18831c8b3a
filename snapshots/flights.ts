import type { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

import { FlightsFile } from './flights-file.ts';
import { mayBeAlive, pidOf, thisProcess } from '../util/process-owner.ts';
import { number, type SqlRow, text } from './sql-row.ts';

/** Long enough for all who wait to have seen that the owner gave up. */
const GIVEN_UP_KEPT_MS = 60_000;

/** What is about to be done. */
export interface Work {
  /** Equal work has equal keys: as a rule a weak fingerprint. */
  readonly key: string;
  /**
   * Where the key leaves open what will be found: what the workspace gives for each known path set (by its sha-256). Two
   * that give different fingerprints for a path set that both know would do different things.
   */
  readonly seen: ReadonlyMap<string, string>;
}

/** Work of this process. Disposed: it is done (or will not be), and whoever waits looks again. */
export interface Flight extends Disposable {
  readonly key: string;
  /** It was done and left nothing that others could use: they do it themselves, and do not wait for one another. */
  giveUp(): void;
}

/** Work of another run. */
export interface TakenFlight {
  readonly id: number;
  readonly pid: number;
}

export type Claim =
  | { readonly taken: false; readonly flight: Flight }
  | { readonly taken: true; readonly by: TakenFlight };

export type FlightState = 'flying' | 'given-up' | 'over';

/**
 * Single flight: what several runs are about to do at once is done by one of them, and the others wait for it. A row in
 * flights-file.ts counts as long as its owner lives, so a killed one holds nobody up; owners in other PID namespaces cannot
 * be looked at, and are not waited for. Trouble with the file costs work that is done twice, never an error.
 */
export interface Flights extends Disposable {
  /** Never waits for anybody. */
  claim(work: Work): Claim;
  /** What became of it. `over` also where its owner has died. */
  stateOf(flight: TakenFlight): FlightState;
}

export function openFlights(home: string, now: () => number): Flights {
  const file = new FlightsFile(join(home, 'flights.sqlite'));
  return {
    claim: (work) => file.write((database) => claimIn(database, file, work, now), unseen(work)),
    stateOf: ({ id }) => file.read((database) => stateIn(database, id), 'over'),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Work that nobody else hears of. */
function unseen({ key }: Work): Claim {
  return { taken: false, flight: { key, giveUp: () => undefined, [Symbol.dispose]: () => undefined } };
}

function claimIn(database: DatabaseSync, file: FlightsFile, { key, seen }: Work, now: () => number): Claim {
  const other = rowsThatCount(database, now())
    .filter((row) => row['key'] === key && row['given_up_at_ms'] === null)
    .find((row) => agree(seen, new Map(JSON.parse(text(row, 'seen')) as [string, string][])));
  if (other !== undefined) return { taken: true, by: { id: number(other, 'id'), pid: pidOf(text(other, 'owner')) } };
  const insert = database.prepare('INSERT INTO flight (key, owner, seen) VALUES (?, ?, ?)');
  const { lastInsertRowid } = insert.run(key, thisProcess(), JSON.stringify([...seen]));
  return { taken: false, flight: flightIn(file, key, Number(lastInsertRowid), now) };
}

/** The others are removed. */
function rowsThatCount(database: DatabaseSync, nowMs: number): readonly SqlRow[] {
  const rows = database.prepare('SELECT id, key, owner, seen, given_up_at_ms FROM flight ORDER BY id').all();
  return rows.filter((row) => {
    if (counts(row, nowMs)) return true;
    database.prepare('DELETE FROM flight WHERE id = ?').run(number(row, 'id'));
    return false;
  });
}

function counts(row: SqlRow, nowMs: number): boolean {
  if (row['given_up_at_ms'] === null) return isAlive(text(row, 'owner'));
  return nowMs - number(row, 'given_up_at_ms') < GIVEN_UP_KEPT_MS;
}

function flightIn(file: FlightsFile, key: string, id: number, now: () => number): Flight {
  let isOver = false;
  const end = (sql: string, ...values: readonly number[]): void => {
    if (!isOver) file.write((database) => void database.prepare(sql).run(...values, id), undefined);
    isOver = true;
  };
  return {
    key,
    giveUp: () => end('UPDATE flight SET given_up_at_ms = ? WHERE id = ?', now()),
    [Symbol.dispose]: () => end('DELETE FROM flight WHERE id = ?'),
  };
}

function stateIn(database: DatabaseSync, id: number): FlightState {
  const row = database.prepare('SELECT owner, given_up_at_ms FROM flight WHERE id = ?').get(id);
  if (row === undefined) return 'over';
  if (row['given_up_at_ms'] !== null) return 'given-up';
  return isAlive(text(row, 'owner')) ? 'flying' : 'over';
}

function isAlive(owner: string): boolean {
  return mayBeAlive(owner, Infinity);
}

/** Whether nothing is known that would make the one do something else than the other. */
function agree(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return [...one].every(([pathSet, strong]) => (other.get(pathSet) ?? strong) === strong);
}
