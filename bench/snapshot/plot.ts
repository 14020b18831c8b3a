import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Resvg } from '@resvg/resvg-js';

import type { Samples } from './samples.ts';

const [WIDTH, HEIGHT] = [960, 540];
const FRAME = { left: 80, right: 700, top: 50, bottom: 480 } as const;
const COLOURS = ['#0b6bcb', '#c41c1c', '#1f7a1f', '#9a5b13', '#5a2d91', '#0e7c86', '#d14d9b', '#555e68'];
const FONT = 'DejaVu Sans';

export interface PlotLabels {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

/** Draws medians as lines on two logarithmic axes, to a PNG file. */
export function writePlot(file: string, samples: Samples, series: readonly string[], labels: PlotLabels): void {
  const font = fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
  const options = { font: { fontFiles: [font], loadSystemFonts: false, defaultFontFamily: FONT } };
  writeFileSync(file, new Resvg(plotSvg(samples, series, labels), options).render().asPng());
}

type Scale = (value: number) => number;

function plotSvg(samples: Samples, names: readonly string[], labels: PlotLabels): string {
  const drawn = names.filter((name) => samples.series.includes(name));
  const values = drawn.flatMap((name) => samples.line(name).map(([, value]) => value));
  const yTicks = decades(Math.min(...values), Math.max(...values));
  const x = logScale(Math.min(...samples.places), Math.max(...samples.places), FRAME.left + 20, FRAME.right - 20);
  const y = logScale(yTicks[0] ?? 1, yTicks.at(-1) ?? 10, FRAME.bottom, FRAME.top);
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(WIDTH / 2, 28, labels.title, 'middle', 18),
    text((FRAME.left + FRAME.right) / 2, HEIGHT - 20, labels.x, 'middle'),
    text(FRAME.left - 60, FRAME.top - 12, labels.y, 'start'),
    ...yTicks.map((tick) => line(FRAME.left, y(tick), FRAME.right, y(tick), '#ddd')),
    ...yTicks.map((tick) => text(FRAME.left - 8, y(tick) + 5, String(tick), 'end')),
    ...samples.places.map((place) => line(x(place), FRAME.bottom, x(place), FRAME.bottom + 6, '#555')),
    ...samples.places.map((place) => text(x(place), FRAME.bottom + 22, String(place), 'middle', 12)),
    ...drawn.map((name, index) => curve(samples, name, index, x, y)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${parts.join('')}</svg>`;
}

function curve(samples: Samples, name: string, index: number, x: Scale, y: Scale): string {
  const colour = COLOURS[index % COLOURS.length] ?? 'black';
  const points = samples.line(name).map(([place, value]) => [x(place), y(value)] as const);
  const dots = points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`).join('');
  const path = points.map((point) => point.join(',')).join(' ');
  const legendY = FRAME.top + 14 + index * 24;
  return (
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}` +
    `<rect x="${FRAME.right + 16}" y="${legendY - 10}" width="12" height="12" fill="${colour}"/>` +
    text(FRAME.right + 34, legendY, name, 'start')
  );
}

function logScale(low: number, high: number, from: number, to: number): Scale {
  const span = Math.log(high / low);
  return (value) => (span === 0 ? (from + to) / 2 : from + (Math.log(value / low) / span) * (to - from));
}

/** Powers of ten from at most `low` to at least `high`, with 2 and 5 between them. */
function decades(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); ; power++) {
    for (const step of [1, 2, 5]) {
      ticks.push(Number((step * 10 ** power).toPrecision(1)));
      if (step * 10 ** power >= high) return ticks;
    }
  }
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}"/>`;
}

function text(x: number, y: number, words: string, anchor: string, size = 14): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" font-family="${FONT}" font-size="${size}" text-anchor="${anchor}">${escaped}</text>`;
}
