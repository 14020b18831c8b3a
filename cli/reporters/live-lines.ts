import type { Activity, StepStarted } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import { truncateEnd } from '../text-width.ts';
import type { Palette } from './palette.ts';
import { formatStatusLine, instructionText } from './status-line.ts';
import type { StepLabels } from './step-labels.ts';

export interface LineLayout {
  readonly columns: number;
  readonly palette: Palette;
}

interface LiveLayout extends LineLayout {
  readonly labels: StepLabels;
  readonly nowMs: number;
}

interface Since {
  readonly sinceMs: number;
}

const MARK = '▸';
const BAR_WIDTH = 16;

/** `▸ 3/5  running     12.4 s  RUN npm install`. */
export function runningLine(step: StepStarted & Since, { columns, palette, labels, nowMs }: LiveLayout): string {
  const line = {
    mark: MARK,
    label: labels.of(step),
    word: 'running',
    style: 'bold',
    durationMs: nowMs - step.sinceMs,
    text: instructionText(step.instruction),
    remark: '',
  } as const;
  return formatStatusLine(line, columns, palette);
}

/** `▸      image       41.0 s  debian:12, unpacking  ━━━━━━━━──────── 52 %`. */
export function activityLine(activity: Activity & Since, { columns, palette, labels, nowMs }: LiveLayout): string {
  const line = {
    mark: MARK,
    label: labels.blank(activity),
    word: activity.activity,
    style: 'bold',
    durationMs: nowMs - activity.sinceMs,
    text: printableLine(activity.text),
    remark: activity.progress === undefined ? '' : progressBar(activity.progress),
  } as const;
  return formatStatusLine(line, columns, palette);
}

/** One line that a running step wrote. */
export function outputLine(text: string, { columns, palette }: LineLayout): string {
  return palette.dim(truncateEnd(`    ${text}`, columns));
}

/** Shown while machines stay for what they expose. */
export function upLine({ columns, palette }: LineLayout): string {
  return palette.bold(truncateEnd('Up until Ctrl-C', columns));
}

/** Shown from the first signal on, while what runs is being ended. */
export function interruptedLine({ columns, palette }: LineLayout): string {
  return palette.yellow(truncateEnd('Interrupted: ending the machines (Ctrl-C again: at once)', columns));
}

/** `progress` is 0 to 1. */
export function progressBar(progress: number): string {
  const share = Math.min(1, Math.max(0, progress));
  const filled = Math.round(share * BAR_WIDTH);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${'━'.repeat(filled)}${'─'.repeat(BAR_WIDTH - filled)} ${percent} %`;
}
