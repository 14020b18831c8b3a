import type { SQLOutputValue } from 'node:sqlite';

import { IndexDamage } from './cache-errors.ts';

/** One row as `node:sqlite` gives it. The readers below check what the STRICT tables promise. */
export type SqlRow = Readonly<Record<string, SQLOutputValue>>;

export function text(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unexpected(column);
  return value;
}

export function textOrNull(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function number(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw unexpected(column);
  return value;
}

export function bytes(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw unexpected(column);
  return value;
}

export function json(row: SqlRow, column: string): unknown {
  try {
    return JSON.parse(text(row, column));
  } catch {
    throw unexpected(column);
  }
}

function unexpected(column: string): IndexDamage {
  return new IndexDamage(`An unexpected value in column ${column}`);
}
