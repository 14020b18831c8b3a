import { LayerError } from '../util/layer-error.ts';

const UNITS: readonly (readonly [name: string, lengthMs: number])[] = [
  ['w', 7 * 24 * 3_600_000],
  ['d', 24 * 3_600_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** `30d`, `2w`, `12h30m` in milliseconds. Throws `USAGE`, naming `flag`, for anything else and for 0. */
export function parseAge(text: string, flag: string): number {
  const parts = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text)?.slice(1) ?? [];
  const ageMs = UNITS.reduce((sum, [, lengthMs], index) => sum + lengthMs * Number(parts[index] ?? 0), 0);
  if (ageMs > 0 && Number.isSafeInteger(ageMs)) return ageMs;
  throw new LayerError('USAGE', `${flag} is \`${text}\`: not an age`, { hint: 'Write it like 30d, 2w or 12h.' });
}

/** For people, one unit: `now`, `42 s`, `3 m`, `5 h`, `6 d`, `9 w`. */
export function formatAge(ageMs: number): string {
  const fitting = UNITS.find(([, lengthMs]) => ageMs >= lengthMs);
  return fitting === undefined ? 'now' : `${Math.floor(ageMs / fitting[1])} ${fitting[0]}`;
}
