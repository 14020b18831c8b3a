import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Of style/log.css. */
const ROW_HEIGHT = 20;
const BEYOND_WINDOW = 12;

interface VirtualRowsOptions {
  readonly count: number;
  readonly scroller: { readonly current: HTMLElement | null };
  /** Whether rows may be higher than one line, and so have to be measured. */
  readonly isWrapped: boolean;
}

type Rows = Virtualizer<HTMLElement, HTMLElement>;

/** Of very many rows only those in the window are in the document: TanStack's core, as its adapters for others do it. */
export function useVirtualRows({ count, scroller, isWrapped }: VirtualRowsOptions): Rows {
  const [, setRound] = useState(0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: BEYOND_WINDOW,
    scrollToFn: elementScroll<HTMLElement>,
    observeElementRect: observeElementRect<HTMLElement>,
    observeElementOffset: observeElementOffset<HTMLElement>,
    onChange: () => setRound((round) => round + 1),
  };
  const [rows] = useState<Rows>(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  useLayoutEffect(() => rows.measure(), [rows, isWrapped]);
  return rows;
}
