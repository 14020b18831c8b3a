import type { StepEnded } from '../../runner/index.ts';
import { counted } from '../../util/counted.ts';
import { formatDuration } from '../../util/duration.ts';
import { printableLine } from '../../util/printable-text.ts';
import { truncateEnd } from '../text-width.ts';
import type { LayerfileTally } from './layerfile-tally.ts';
import { progressBar } from './live-lines.ts';
import type { LiveRow, LiveRows } from './live-rows.ts';
import type { LiveWindow } from './live-view.ts';
import type { Palette } from './palette.ts';
import { endedStepLine, instructionText, MARKS } from './status-line.ts';
import type { StepLabels } from './step-labels.ts';
import type { StepOutputs } from './step-outputs.ts';
import { formatTableLine, type TableLine } from './table-line.ts';
import type { Tallies } from './tallies.ts';

/** What is under way always has a row where the window has room. Those that wait only fill up a table that would be smaller. */
const FILLED_ROWS = 8;
/** Of the steps that failed, the last ones keep a row until they are told in full at the end. */
const FAILED_ROWS = 3;

export interface TableContents {
  readonly rows: LiveRows;
  readonly tallies: Tallies;
  readonly labels: StepLabels;
  readonly outputs: StepOutputs;
  readonly failed: readonly StepEnded[];
  readonly palette: Palette;
  readonly startedAtMs: number;
}

/**
 * The live lines of many builds: what failed, a row for each that does something, some of those that wait, a line for the
 * rest, and one for how far all of it is. Never more than the window has room for.
 */
export function liveTable(contents: TableContents, { columns, rows: height, nowMs }: LiveWindow): readonly string[] {
  const { rows, tallies, failed, palette, labels } = contents;
  const [working, queued] = [rows.working, rows.queued];
  const { layerfiles } = rows;
  const idle = tallies.all.filter(({ outcome, build }) => outcome === 'pending' && !layerfiles.has(build.layerfile));
  const unfinished = working.length + queued.length + idle.length;
  const room = roomFor({ failed: failed.length, working: working.length, unfinished }, height);
  const under = [...working, ...queued].slice(0, room.unfinished).map((row) => workingLine(row, contents, nowMs));
  const lines = [
    ...failed.slice(failed.length - room.failed).map((step) => failedLine(step, labels)),
    ...under,
    ...idle.slice(0, room.unfinished - under.length).map((tally) => idleLine(tally, contents)),
  ];
  const left = countsLeft([working.length, queued.length, idle.length], room.unfinished);
  const below = [...(room.rest === 0 ? [] : [left]), ...(height === 0 ? [] : [totalText(contents, nowMs)])];
  return [
    ...lines.map((line) => formatTableLine(line, labels.shape, columns, palette)),
    ...below.map((text) => palette.dim(truncateEnd(`  ${text}`, columns))),
  ];
}

/** How many lines each kind gets; the last line is that of the total. */
function roomFor(
  { failed, working, unfinished }: { readonly failed: number; readonly working: number; readonly unfinished: number },
  height: number,
): { readonly failed: number; readonly unfinished: number; readonly rest: number } {
  const room = Math.max(0, height - 1);
  const ofFailed = Math.min(failed, FAILED_ROWS, Math.floor(room / 3));
  const wanted = Math.max(working, Math.min(FILLED_ROWS, unfinished));
  const left = room - ofFailed;
  const isAllShown = wanted === unfinished && wanted <= left;
  if (isAllShown || left === 0) return { failed: ofFailed, unfinished: Math.min(wanted, left), rest: 0 };
  return { failed: ofFailed, unfinished: Math.min(wanted, left - 1), rest: 1 };
}

function workingLine(row: LiveRow, { labels, outputs }: TableContents, nowMs: number): TableLine {
  const { at, step, sinceMs } = row;
  const isQueued = at.event === 'activity' && at.activity === 'queue';
  const line = {
    mark: isQueued ? '·' : '▸',
    style: isQueued ? 'dim' : 'bold',
    name: labels.names.of(row),
    count: step === 0 ? '' : labels.count({ ...row, step }),
    time: wholeSeconds(nowMs - sinceMs),
  } as const;
  if (at.event === 'start')
    return { ...line, text: instructionText(at.instruction), output: outputs.last(at, 1)[0] ?? '' };
  const bar = at.progress === undefined ? {} : { remark: progressBar(at.progress) };
  return { ...line, text: printableLine(at.text), ...bar };
}

function idleLine({ build }: LayerfileTally, { labels, tallies }: TableContents): TableLine {
  const needs = (build.needs ?? []).filter(({ layerfile }) => tallies.get(layerfile)?.isDone !== true);
  const text = needs.length === 0 ? 'waiting' : `needs ${needs.map((need) => labels.names.of(need)).join(', ')}`;
  return { mark: '·', style: 'dim', name: labels.names.of(build), count: '', time: '', text };
}

function failedLine(step: StepEnded, labels: StepLabels): TableLine {
  const { style, text, remark } = endedStepLine(step, '');
  const [name, count] = [labels.names.of(step), labels.count(step)];
  return { mark: MARKS.failed, style, name, count, time: formatDuration(step.durationMs), text, remark };
}

/** `and 14 more: 5 running, 9 waiting`: what is left of each kind, of which the first `shown` together are shown. */
function countsLeft(counts: readonly number[], shown: number): string {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const words = ['running', 'queued', 'waiting'];
  let above = shown;
  const texts = counts.flatMap((count, index) => {
    const left = count - Math.min(count, above);
    above -= count - left;
    return left === 0 ? [] : [`${left} ${words[index] ?? ''}`];
  });
  const [only = '', ...others] = texts;
  // `and 6 more queued`.
  if (others.length === 0) return `and ${only.replace(' ', ' more ')}`;
  return `and ${total - shown} more: ${texts.join(', ')}`;
}

/** `12 of 20 Layerfiles done, 1 failed, 41 s`. */
function totalText({ tallies, startedAtMs }: TableContents, nowMs: number): string {
  const done = tallies.all.filter(({ isDone }) => isDone).length;
  const failed = tallies.all.filter(({ failed: steps }) => steps.length > 0).length;
  const total = counted(tallies.all.length, 'Layerfile');
  return `${done} of ${total} done${failed === 0 ? '' : `, ${failed} failed`}, ${wholeSeconds(nowMs - startedAtMs)}`;
}

/** A screen of many numbers that all change ten times a second is not calm. */
function wholeSeconds(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}
