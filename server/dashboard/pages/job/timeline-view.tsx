import { now } from '../../client/now.ts';
import { type Bar, axisTicks, tracksOf } from '../../model/timeline.ts';
import { stateWord } from '../../parts/mark.tsx';
import { formatDuration } from '../../../../util/duration.ts';
import type { OverviewProps } from './overview-props.ts';

/** Bars below this share of the whole would not be seen. */
const LEAST_PERCENT = 0.3;
const MOST_TICKS = 7;

/** What went on when: a row for each part, a bar for each step that ran and for what was done between steps. */
export function TimelineView({ view, run, part: chosen, choose }: OverviewProps) {
  const nowMs = view.ended === null ? Math.max(view.atMs, now.value - run.startedAtMs) : view.atMs;
  const lengthMs = Math.max(nowMs, 100);
  const percent = (ms: number): number => (100 * ms) / lengthMs;
  return (
    <div class="timeline">
      <div class="timeline-axis" aria-hidden="true">
        {axisTicks(lengthMs, MOST_TICKS).map((ms) => (
          <span key={ms} class="tick" style={{ left: `${percent(ms)}%` }}>
            {ms === 0 ? '0' : formatDuration(ms)}
          </span>
        ))}
      </div>
      {tracksOf(view, nowMs).map(({ key, label, part, bars }) => (
        <button
          key={key}
          type="button"
          class="track"
          aria-pressed={key === chosen.key}
          aria-label={trackWords(label, bars)}
          onClick={() => choose(part)}
        >
          <span class="track-name">{label}</span>
          <span class="track-bars">
            {bars.map(({ kind, startMs, endMs, text, step }) => (
              <span
                key={`${startMs} ${step ?? text}`}
                class={`bar bar-${kind}`}
                title={`${text} (${formatDuration(endMs - startMs)})`}
                style={{ left: `${percent(startMs)}%`, width: `${Math.max(LEAST_PERCENT, percent(endMs - startMs))}%` }}
              />
            ))}
          </span>
        </button>
      ))}
      <p class="timeline-legend quiet" aria-hidden="true">
        <i class="bar bar-ran" /> ran <i class="bar bar-failed" /> failed <i class="bar bar-busy" /> restoring, booting,
        fetching <i class="bar bar-wait" /> waiting for others
      </p>
    </div>
  );
}

function trackWords(label: string, bars: readonly Bar[]): string {
  const steps = bars.filter(({ step }) => step !== null);
  if (steps.length === 0) return `${label}: no step ran`;
  return `${label}: ${steps.map(({ step, kind, startMs, endMs }) => `step ${step ?? 0} ${kind === 'busy' || kind === 'wait' ? kind : stateWord(kind)} for ${formatDuration(endMs - startMs)}`).join(', ')}`;
}
