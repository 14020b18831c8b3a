import { formatDuration } from '../../../util/duration.ts';

/** `1 step`, `3 steps`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

interface Counts {
  readonly restored: number;
  readonly ran: number;
  readonly failed: number;
}

/** `12 restored, 5 ran, 1 failed`: what there was none of is left out. */
export function countsText({ restored, ran, failed }: Counts): string {
  const parts = [
    [restored, 'restored'],
    [ran, 'ran'],
    [failed, 'failed'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

/** `saved 3 m 12 s`; empty below what a person notices. */
export function savedText(savedMs: number): string {
  return savedMs < 100 ? '' : `saved ${formatDuration(savedMs)}`;
}
