import { now } from '../client/now.ts';
import { elapsedText } from '../words/elapsed.ts';
import { formatDuration } from '../../../util/duration.ts';
import { absoluteText, agoText } from '../words/time.ts';

/** `3 minutes ago`, with the date in its title. */
export function Ago({ atMs }: { readonly atMs: number }) {
  return (
    <time dateTime={new Date(atMs).toISOString()} title={absoluteText(atMs)}>
      {agoText(atMs, now.value)}
    </time>
  );
}

/** How long something took; while `endedAtMs` is null it counts on. */
export function Lasting({
  startedAtMs,
  endedAtMs,
}: {
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}) {
  if (endedAtMs !== null) return <span class="numbers">{formatDuration(endedAtMs - startedAtMs)}</span>;
  return <span class="numbers">{elapsedText(now.value - startedAtMs)}</span>;
}
