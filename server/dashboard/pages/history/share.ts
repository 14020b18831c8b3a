import type { History } from '../../../api/schemas/index.ts';

/** Of the steps that were restored or ran, how many per cent were restored; null where there were none. */
export function restoredPercent({ restored, ran }: Pick<History[number], 'restored' | 'ran'>): number | null {
  return restored + ran === 0 ? null : Math.round((100 * restored) / (restored + ran));
}
