import { formatDuration } from '../../../util/duration.ts';
import { partName } from '../part-name.ts';
import type { LayerfileRecord, PartRecord, RunRecord } from '../run-record.ts';
import { mostAtOnce } from '../running-machines.ts';
import { type Html, html } from './html.ts';
import { machineCurve } from './machine-curve.ts';
import { tickMs } from './time-axis.ts';
import { timelineLegend } from './timeline-legend.ts';
import { type Scale, trackOf } from './track.ts';

/** A row for each part that took time: what it waited for, restored, ran and saved, on one axis. */
export function timelineSection(record: RunRecord): Html {
  const { layerfiles, durationMs, machines } = record;
  const rows = layerfiles.flatMap((layerfile, index) =>
    layerfile.parts.filter(tookTime).map((part) => ({ layerfile, part, index })),
  );
  if (rows.length === 0)
    return html`<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2><p class="quiet">Nothing ran, so there is nothing to show: no machine was started.</p></section>`;
  const scale = { durationMs: Math.max(1, durationMs) };
  const left = layerfiles.length - new Set(rows.map(({ index }) => index)).size;
  return html`<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>
${timelineLegend(
  rows.map(({ part }) => part),
  machines.length > 0,
)}<div class="timeline" style="--tick:${percent(tickMs(scale.durationMs), scale)}">
<div class="row axis" aria-hidden="true"><span></span><div class="ticks">${ticks(scale)}</div></div>
${machines.length === 0 ? null : html`<div class="row"><span class="label">machines <small>at most ${mostAtOnce(machines)}</small></span>${machineCurve(machines, scale.durationMs)}</div>`}
<ul>${rows.map(({ layerfile, part, index }) => row(layerfile, part, index, record, scale))}</ul></div>
${left === 0 ? null : html`<p class="quiet left">${left} ${left === 1 ? 'Layerfile' : 'Layerfiles'} in which nothing ran ${left === 1 ? 'is' : 'are'} not shown.</p>`}</section>`;
}

function tookTime({ activities, steps }: PartRecord): boolean {
  return activities.length > 0 || steps.some(({ startMs, endMs }) => endMs > startMs);
}

function row(layerfile: LayerfileRecord, part: PartRecord, index: number, record: RunRecord, scale: Scale): Html {
  const machines = record.machines.filter(
    (machine) => machine.layerfile === layerfile.layerfile && machine.copy === part.copy,
  );
  const name = partName(layerfile, part);
  return html`<li class="row"><span class="label" title="${name}">${name}</span>${trackOf({ part, machines, index, name }, scale)}</li>`;
}

function ticks(scale: Scale): readonly Html[] {
  const stepMs = tickMs(scale.durationMs);
  const count = Math.floor(scale.durationMs / stepMs) + 1;
  return Array.from({ length: count }, (_, index) => {
    const atMs = index * stepMs;
    return html`<span style="--x:${percent(atMs, scale)}">${atMs === 0 ? '0' : formatDuration(atMs)}</span>`;
  });
}

function percent(ms: number, { durationMs }: Scale): string {
  return ((100 * ms) / durationMs).toFixed(3);
}
