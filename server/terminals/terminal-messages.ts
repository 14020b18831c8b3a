import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

import type { ShellState } from '../../runner/index.ts';

/** Larger ones, no screen has. */
const MOST_COLUMNS = 1000;
const MOST_ROWS = 500;

const FromBrowser = Type.Object(
  {
    type: Type.Literal('resize'),
    columns: Type.Integer({ minimum: 1, maximum: MOST_COLUMNS }),
    rows: Type.Integer({ minimum: 1, maximum: MOST_ROWS }),
  },
  { additionalProperties: false },
);

/** What a text frame of the browser says. Binary ones are what is typed. */
export type FromBrowser = Static<typeof FromBrowser>;

/**
 * What a text frame to the browser says. Binary ones are what is printed. `waiting`: what for, in words. `ended`: last of all, with the
 * shell's exit code (null: a signal ended it), or with what went wrong.
 */
export type ToBrowser =
  | { readonly type: 'waiting'; readonly message: string }
  | { readonly type: 'state'; readonly state: ShellState }
  | { readonly type: 'ready' }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'ended'; readonly exitCode: number | null }
  | { readonly type: 'ended'; readonly message: string; readonly hint: string | null };

/** Null for whatever is no message. */
export function readControl(text: string): FromBrowser | null {
  try {
    const read: unknown = JSON.parse(text);
    return Value.Check(FromBrowser, read) ? read : null;
  } catch {
    return null;
  }
}

export function fitSize(columns: number, rows: number): { readonly columns: number; readonly rows: number } {
  return { columns: within(columns, MOST_COLUMNS), rows: within(rows, MOST_ROWS) };
}

function within(size: number, most: number): number {
  return Number.isInteger(size) ? Math.min(Math.max(size, 1), most) : 80;
}
