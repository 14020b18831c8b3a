import { formatDuration } from '../../../util/duration.ts';
import { formatSize } from '../../size.ts';
import { countsText, outcomeCounts, outcomeOf, stepsOf } from '../outcome-counts.ts';
import { mostAtOnce } from '../running-machines.ts';
import type { RunRecord, StepRecord } from '../run-record.ts';
import { type Html, html } from './html.ts';
import { mark } from './mark.ts';

/** How the run ended, in a word and in figures. */
export function headline(record: RunRecord): Html {
  const { word, outcome } = endOf(record);
  const steps = record.layerfiles.flatMap(stepsOf);
  const counts = outcomeCounts(steps);
  const started = new Date(record.startedAtMs).toISOString();
  return html`<header>
<p class="quiet">layer run, <time datetime="${started}">${started.slice(0, 10)} ${started.slice(11, 16)} UTC</time></p>
<h1 class="${outcome}">${mark(outcome)} ${word}</h1>
<p class="sum">${countsText(counts)} in ${formatDuration(record.result?.durationMs ?? record.durationMs)}</p>
${record.trouble === null ? null : html`<pre class="trouble" tabindex="0">${record.trouble}</pre>`}
<div class="share" aria-hidden="true">${counts.map(
    ({ outcome: name, count }) => html`<span class="${name}" style="flex-grow:${count}"></span>`,
  )}</div>
<dl class="facts">${facts(record, steps).map(
    ({ name, value, more }) => html`<div><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`,
  )}</dl>
</header>`;
}

/** For the title of the page. */
export function endOf({ result, layerfiles }: RunRecord): {
  readonly word: string;
  readonly outcome: 'ran' | 'failed' | 'cancelled' | 'restored';
} {
  if (result === null) return { word: 'Ended early', outcome: 'failed' };
  if (result.outcome !== 'succeeded')
    return { word: result.outcome === 'failed' ? 'Failed' : 'Cancelled', outcome: result.outcome };
  if (result.waiting > 0) return { word: 'Waits for a person', outcome: 'ran' };
  const restored = layerfiles.every((layerfile) => outcomeOf(layerfile) === 'restored');
  return { word: restored ? 'Nothing had to run' : 'Succeeded', outcome: restored ? 'restored' : 'ran' };
}

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly more: string;
}

function facts(record: RunRecord, steps: readonly StepRecord[]): readonly Fact[] {
  const { result, layerfiles, machines } = record;
  const restored = layerfiles.filter((layerfile) => outcomeOf(layerfile) === 'restored').length;
  return [
    { name: 'Took', value: formatDuration(result?.durationMs ?? record.durationMs), more: '' },
    {
      name: 'Restoring saved',
      value: formatDuration(result?.savedMs ?? 0),
      more: 'what those steps took when they ran',
    },
    { name: 'Layerfiles', value: String(layerfiles.length), more: restored === 0 ? '' : `${restored} wholly restored` },
    storedFact(steps),
    ...(machines.length === 0
      ? []
      : [{ name: 'Machines', value: String(machines.length), more: `at most ${mostAtOnce(machines)} at once` }]),
  ];
}

function storedFact(steps: readonly StepRecord[]): Fact {
  const saved = steps.filter(({ ended }) => ended.outcome === 'ran' && ended.snapshotBytes !== null);
  const bytes = saved.reduce((sum, { ended }) => sum + (ended.snapshotBytes ?? 0), 0);
  const pausedMs = saved.reduce((sum, { ended }) => sum + (ended.snapshotMs ?? 0), 0);
  const what = `${saved.length} ${saved.length === 1 ? 'snapshot' : 'snapshots'}`;
  return {
    name: 'Stored',
    value: formatSize(bytes),
    more: saved.length === 0 ? 'no snapshots' : `${what}; machines stood still ${formatDuration(pausedMs)}`,
  };
}
