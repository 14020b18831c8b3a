import { useMemo, useRef, useState } from 'preact/hooks';

import { matchingRows } from '../../../model/log-search.ts';
import type { LogRow } from '../../../model/log-lines.ts';

export interface LogSearch {
  readonly needle: string;
  readonly setNeedle: (needle: string) => void;
  /** Rows that hold it. */
  readonly matches: readonly number[];
  /** Which of the matches is the current one, from 0; -1: none yet. */
  readonly current: number;
  /** Goes to the next or the one before, round the ends. */
  readonly move: (by: 1 | -1) => void;
}

/** Searches a log that may be growing. `show` brings a row into view; `firstShown` says where to begin. */
export function useLogSearch(
  rows: readonly LogRow[],
  show: (row: number) => void,
  firstShown: () => number,
): LogSearch {
  const [needle, setNeedleText] = useState('');
  const [current, setCurrent] = useState(-1);
  const found = useRef<Found>({ needle: '', searched: 0, matches: [] });
  const matches = useMemo(() => goOn(found.current, rows, needle), [rows.length, needle]);

  const goTo = (all: readonly number[], index: number): void => {
    setCurrent(index);
    const row = all[index];
    if (row !== undefined) show(row);
  };
  const setNeedle = (next: string): void => {
    setNeedleText(next);
    const all = goOn(found.current, rows, next);
    const from = firstShown();
    const first = all.findIndex((row) => row >= from);
    goTo(all, all.length === 0 ? -1 : Math.max(0, first));
  };
  const move = (by: 1 | -1): void => {
    const { length } = matches;
    if (length > 0) goTo(matches, (current + by + length) % length);
  };
  return { needle, setNeedle, matches, current, move };
}

interface Found {
  needle: string;
  /** Rows before this one have been searched, and do not change any more. */
  searched: number;
  matches: readonly number[];
}

/** Of a log that has grown only what is new is searched; its last row may still have been growing. */
function goOn(found: Found, rows: readonly LogRow[], needle: string): readonly number[] {
  const from = found.needle === needle ? found.searched : 0;
  const kept = from === 0 ? [] : found.matches.filter((row) => row < from);
  const added = matchingRows(from === 0 ? rows : rows.slice(from), needle).map((row) => row + from);
  found.needle = needle;
  found.searched = Math.max(0, rows.length - 1);
  found.matches = [...kept, ...added];
  return found.matches;
}
