const MINUTE_S = 60;
const HOUR_S = 3600;

/** As the command line writes it: `0.42 s`, `8.1 s`, `3 m 12 s`, `1 h 03 m`. */
export function durationText(durationMs: number): string {
  const hundredths = Math.round(durationMs / 10);
  if (hundredths < 100) return `${(hundredths / 100).toFixed(2)} s`;
  const tenths = Math.round(durationMs / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} m ${twoDigits(seconds % MINUTE_S)} s`;
  const minutes = Math.round(seconds / MINUTE_S);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} m`;
}

/** Of what goes on, in whole seconds: digits that change ten times a second are not calm. */
export function elapsedText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  return seconds < MINUTE_S ? `${seconds} s` : durationText(seconds * 1000);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
