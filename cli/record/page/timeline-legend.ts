import type { Activity } from '../../../runner/index.ts';
import type { PartRecord } from '../run-record.ts';
import { type Html, html } from './html.ts';

const WAITS: ReadonlySet<Activity['activity']> = new Set(['wait', 'queue']);

/** Whether a bar stands for waiting or for work of the environment. */
export function activityKind({ activity }: Pick<Activity, 'activity'>): 'wait' | 'busy' {
  return WAITS.has(activity) ? 'wait' : 'busy';
}

/** By the class of their bars, in the order of the legend. */
const MEANINGS = [
  ['ran', 'ran'],
  ['save', 'saving'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['busy', 'restoring, booting, fetching'],
  ['wait', 'waiting'],
  ['machine', 'a machine is there'],
] as const;

/** What the bars mean that there are. */
export function timelineLegend(parts: readonly PartRecord[], hasMachines: boolean): Html {
  const steps = parts.flatMap((part) => part.steps);
  const used = new Set<string>([
    ...steps.map(({ ended }) => ended.outcome),
    ...(steps.some(({ saving }) => saving !== null) ? ['save'] : []),
    ...parts.flatMap(({ activities }) => activities.map(activityKind)),
    ...(hasMachines ? ['machine'] : []),
  ]);
  const entries = MEANINGS.filter(([name]) => used.has(name));
  return html`<ul class="legend" aria-hidden="true">${entries.map(([name, meaning]) => html`<li><i class="${name}"></i> ${meaning}</li>`)}</ul>`;
}
