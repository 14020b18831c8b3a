import { useEffect, useRef } from 'preact/hooks';

import type { History } from '../../../api/schemas/index.ts';
import { isDark, theme } from '../../client/theme.ts';
import { formatDuration } from '../../../../util/duration.ts';
import { restoredPercent } from './share.ts';

type Values = readonly (number | null)[];

interface ChartProps {
  readonly title: string;
  /** Of the last day. */
  readonly latest: string;
  /** Seconds since the epoch. */
  readonly days: readonly number[];
  readonly values: Values;
  readonly text: (value: number) => string;
  readonly top?: number;
  /** Of style/colours.css. */
  readonly colour: string;
}

export function Charts({ history }: { readonly history: History }) {
  const days = history.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / 1000);
  const durations = history.map(({ medianDurationMs }) => medianDurationMs);
  const shares = history.map(restoredPercent);
  const saved = history.map(({ savedMs }) => savedMs);
  const percent = (value: number): string => `${Math.round(value)} %`;
  return (
    <div class="charts">
      <Chart
        title="Median duration of a job"
        colour="--ran"
        days={days}
        values={durations}
        latest={lastText(durations, formatDuration)}
        text={formatDuration}
      />
      <Chart
        title="Steps restored"
        colour="--restored"
        days={days}
        values={shares}
        latest={lastText(shares, percent)}
        text={percent}
        top={100}
      />
      <Chart
        title="Time saved by restoring"
        colour="--busy"
        days={days}
        values={saved}
        latest={lastText(saved, formatDuration)}
        text={formatDuration}
      />
    </div>
  );
}

function lastText(values: Values, text: (value: number) => string): string {
  const last = values.findLast((value) => value !== null);
  return last == null ? '–' : text(last);
}

/** A picture only: the table below says the same in words. */
function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chosenTheme = theme.value;
  const data = JSON.stringify([props.days, props.values]);
  useEffect(() => {
    const aborter = new AbortController();
    void import('./draw-chart.ts').then(({ drawChart }) => {
      if (!aborter.signal.aborted && box.current !== null)
        drawChart(box.current, { ...props, dark: isDark() }, aborter.signal);
    });
    return () => aborter.abort();
  }, [data, chosenTheme]);
  return (
    <figure class="chart">
      <figcaption>
        <span>{props.title}</span>
        <strong class="numbers">{props.latest}</strong>
      </figcaption>
      <div class="chart-box" ref={box} aria-hidden="true" />
    </figure>
  );
}
