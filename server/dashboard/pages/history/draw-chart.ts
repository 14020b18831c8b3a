import 'uplot/dist/uPlot.min.css';

import uPlot from 'uplot';

const HEIGHT = 170;
const DAY_S = 86_400;
/** Fewer days stand at the end of a week. */
const FEWEST_DAYS = 6;

interface ChartData {
  readonly days: readonly number[];
  readonly values: readonly (number | null)[];
  readonly text: (value: number) => string;
  readonly top?: number;
  readonly colour: string;
}

/** Draws into `box`, as wide as it is, until the signal ends it. */
export function drawChart(box: HTMLElement, chart: ChartData & { readonly dark: boolean }, signal: AbortSignal): void {
  const plot = new uPlot(optionsFor(box, chart), [[...chart.days], [...chart.values]], box);
  const watcher = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
  watcher.observe(box);
  signal.addEventListener('abort', () => {
    watcher.disconnect();
    plot.destroy();
  });
}

function optionsFor(box: HTMLElement, { colour, text, top }: ChartData): uPlot.Options {
  const styles = getComputedStyle(box);
  const [quiet, line] = [resolved(box, '--quiet'), resolved(box, '--line')];
  const stroke = resolved(box, colour);
  const axis = {
    stroke: quiet,
    font: `11px ${styles.fontFamily}`,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    padding: [8, 24, 0, 0],
    scales: {
      x: { time: true, range: weekAtLeast },
      y: { range: (_, __, max) => [0, top ?? Math.max(max * 1.1, 1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 32, gap: 12, values: (_, splits) => splits.map(dayText) },
      {
        ...axis,
        size: 62,
        splits: (_, __, ___, max) => [0, max / 2, max],
        values: (_, splits) => splits.map((value) => text(value)),
      },
    ],
    series: [
      {},
      { stroke, width: 2, fill: `color-mix(in srgb, ${stroke} 12%, transparent)`, points: { show: chartsPoints } },
    ],
  };
}

/** From the first day to the last; not by what uPlot takes for its default, which of one day makes years. */
function weekAtLeast({ data: [days] }: uPlot): [number, number] {
  const last = days.at(-1) ?? 0;
  return [Math.min(days[0] ?? 0, last - FEWEST_DAYS * DAY_S), last];
}

/** Few days are dots, or one day alone would be nothing. */
function chartsPoints(plot: uPlot): boolean {
  return plot.data[0].length < 40;
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** What a custom property comes to in the colours of now: a canvas knows neither properties nor light-dark(). */
function resolved(box: HTMLElement, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
