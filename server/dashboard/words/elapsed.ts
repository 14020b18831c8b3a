import { formatDuration } from '../../../util/duration.ts';

/** Of what goes on, in whole seconds: digits that change ten times a second are not calm. */
export function elapsedText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}
