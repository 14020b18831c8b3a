/** Marks of a time axis are so far apart; durations are told in hundredths of a second. */
const STEPS_MS = [
  ...[10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400].map((s) => s * 1000),
];

/** More do not fit a narrow window. */
const MOST_TICKS = 5;

/** The distance between the marks of an axis of this length, from 0 on: a round figure, and few of them. */
export function tickMs(durationMs: number): number {
  return STEPS_MS.find((stepMs) => durationMs / stepMs <= MOST_TICKS) ?? durationMs / MOST_TICKS;
}
