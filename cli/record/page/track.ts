import { formatDuration } from '../../../util/duration.ts';
import { instructionText } from '../../reporters/status-line.ts';
import { formatSize } from '../../size.ts';
import type { ActivitySpan, MachineRecord, PartRecord, Span, StepRecord } from '../run-record.ts';
import { why } from '../why.ts';
import { type Html, html } from './html.ts';
import { stepId } from './page-ids.ts';
import { activityKind } from './timeline-legend.ts';

export interface Scale {
  readonly durationMs: number;
}

interface Track {
  readonly part: PartRecord;
  readonly machines: readonly MachineRecord[];
  readonly index: number;
  readonly name: string;
}

/** The bars of one part. All can be reached by keyboard, and say what they are; those of steps lead to their rows. */
export function trackOf({ part, machines, index, name }: Track, scale: Scale): Html {
  return html`<div class="track" role="group" aria-label="${name}">${machines.map((machine) => machineBar(machine, scale))}${[
    ...part.activities.map((span) => ({ startMs: span.startMs, bar: activityBar(span, scale) })),
    ...part.steps
      .filter(({ startMs, endMs }) => endMs > startMs)
      .map((step) => ({ startMs: step.startMs, bar: stepBar(step, stepId(index, part.copy, step.ended.step), scale) })),
  ]
    .sort((a, b) => a.startMs - b.startMs)
    .map(({ bar }) => bar)}</div>`;
}

function stepBar(step: StepRecord, id: string, scale: Scale): Html {
  const { ended, saving } = step;
  const text = `${ended.step} ${instructionText(ended.instruction)}`;
  return html`<a class="bar ${ended.outcome}" href="#${id}" style="${place(step, scale)}" aria-label="${told(step, text)}">${isWide(step, scale) ? text : ''}</a>${
    saving === null ? null : html`<i class="bar save" style="${place(saving, scale)}"></i>`
  }`;
}

/** A line each: what it is, how it ended and when, why, and what was saved. */
function told(step: StepRecord, text: string): string {
  const { ended } = step;
  const paused = ended.snapshotMs === null ? '' : ` in ${formatDuration(ended.snapshotMs)}`;
  const saved = ended.snapshotBytes === null ? '' : `${formatSize(ended.snapshotBytes)} saved${paused}`;
  return [text, `${ended.outcome}, ${times(step)}`, why(ended), saved].filter(Boolean).join('\n');
}

function activityBar(span: ActivitySpan, scale: Scale): Html {
  return html`<span class="bar ${activityKind(span)}" tabindex="0" role="img" style="${place(span, scale)}" aria-label="${`${span.text}\n${span.activity}, ${times(span)}`}"></span>`;
}

function machineBar(machine: MachineRecord, scale: Scale): Html {
  return html`<i class="bar machine" style="${place(machine, scale)}"></i>`;
}

function times({ startMs, endMs }: Span): string {
  return `${formatDuration(endMs - startMs)} from ${formatDuration(startMs)} on`;
}

/** A text in less than this share of the row cannot be read. */
const LEAST_SHARE = 0.05;

function isWide({ startMs, endMs }: Span, { durationMs }: Scale): boolean {
  return (endMs - startMs) / durationMs >= LEAST_SHARE;
}

function place({ startMs, endMs }: Span, { durationMs }: Scale): string {
  const percent = (ms: number): string => Math.min(100, (100 * ms) / durationMs).toFixed(3);
  return `--x:${percent(startMs)};--w:${percent(endMs - startMs)}`;
}
