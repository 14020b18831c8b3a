import { LayerError } from './layer-error.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** What a Node timer can count: 2^31 - 1 ms. */
const LONGEST_MS = 24 * 24 * HOUR_MS;

/** `10s`, `5m`, `1h30m` in milliseconds. Throws `USAGE`, naming `flag`, for anything else, for 0 and for more than 24 days. */
export function parseDuration(text: string, flag: string): number {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  const [hours, minutes, seconds] = (parts?.slice(1) ?? []).map((part: string | undefined) => Number(part ?? 0));
  const durationMs = (hours ?? 0) * HOUR_MS + (minutes ?? 0) * MINUTE_MS + (seconds ?? 0) * SECOND_MS;
  if (durationMs > LONGEST_MS) throw new LayerError('USAGE', `${flag} is \`${text}\`: more than 24 days`);
  if (durationMs > 0) return durationMs;
  throw new LayerError('USAGE', `${flag} is \`${text}\`: not a duration`, {
    hint: 'Write it like 10s, 5m or 1h30m.',
  });
}

/** For people: `0.42 s`, `8.1 s`, `3 m 12 s`, `1 h 03 m`; at most nine characters below a hundred hours. */
export function formatDuration(durationMs: number): string {
  const hundredths = Math.round(durationMs / 10);
  if (hundredths < 100) return `${(hundredths / 100).toFixed(2)} s`;
  const tenths = Math.round(durationMs / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(durationMs / SECOND_MS);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(durationMs / MINUTE_MS);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} m`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
