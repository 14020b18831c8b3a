import { partKey, type PartView } from '../../model/part.ts';
import { partState } from '../../model/part-state.ts';
import type { RunView } from '../../model/run-view.ts';

/** What is worth looking at, the most first. */
const WORTH = ['failed', 'waiting', 'running', 'cancelled', 'ran', 'pending', 'restored', 'skipped'];

/** The part that the address names; else the one before, or a better one where that was merely restored or has not begun. */
export function choosePart(view: RunView, query: URLSearchParams, before: string | null): PartView | null {
  const layerfile = query.get('layerfile');
  if (layerfile !== null) {
    const copy = query.get('copy');
    const asked = view.parts.find(({ key }) => key === partKey(layerfile, copy === null ? null : Number(copy)));
    if (asked !== undefined) return asked;
  }
  const kept = view.parts.find(({ key }) => key === before);
  const keptState = kept === undefined ? 'restored' : partState(kept);
  if (kept !== undefined && keptState !== 'restored' && keptState !== 'pending' && keptState !== 'skipped') return kept;
  const best = view.parts.toSorted((one, other) => worth(one) - worth(other))[0] ?? null;
  return kept !== undefined && best !== null && worth(kept) <= worth(best) ? kept : best;
}

function worth(part: PartView): number {
  return WORTH.indexOf(partState(part));
}
