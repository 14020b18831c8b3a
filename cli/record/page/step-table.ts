import { formatDuration } from '../../../util/duration.ts';
import { observedText } from '../../reporters/detail-lines.ts';
import { formatSize } from '../../size.ts';
import type { LayerfileRecord, PartRecord, StepRecord } from '../run-record.ts';
import { why } from '../why.ts';
import { type Html, html } from './html.ts';
import { mark } from './mark.ts';
import { stepId } from './page-ids.ts';

/** The steps of one part. Roles are named, because narrow windows show rows as blocks, which are rows no more without. */
export function stepTable({ copy, steps }: PartRecord, { name }: LayerfileRecord, index: number): Html {
  const caption = copy === null ? `Steps of ${name}` : `Copy ${copy}`;
  return html`<table role="table" class="steps"><caption class="${copy === null ? 'hidden' : 'copy'}">${caption}</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" class="number">#</th><th role="columnheader">Step</th><th role="columnheader">Outcome</th><th role="columnheader" class="number">Took</th><th role="columnheader">Observed</th><th role="columnheader" class="number">Snapshot</th></tr></thead>
<tbody role="rowgroup">${steps.map((step) => stepRow(step, stepId(index, copy, step.ended.step)))}</tbody></table>`;
}

function stepRow({ ended, startMs, endMs }: StepRecord, id: string): Html {
  const { step, outcome, observed } = ended;
  const reason = why(ended);
  const took = endMs > startMs || ended.durationMs > 0 ? formatDuration(ended.durationMs) : '';
  return html`<tr role="row" id="${id}"><td role="cell" class="number quiet">${step}</td>
<td role="cell" class="step">${instruction(ended.instruction)}${reason === '' ? null : html`<div class="why">${reason}</div>`}</td>
<td role="cell" class="outcome ${outcome}">${mark(outcome)} ${outcome}</td>
<td role="cell" class="number took">${took}</td>
<td role="cell" class="observed quiet">${observed === null ? '' : observedText(observed)}</td>
<td role="cell" class="number stored">${snapshotOf(ended)}</td></tr>`;
}

/** Of a here-document the first line, and all of it on demand. */
function instruction(text: string): Html {
  const [first = '', ...others] = text.trimEnd().split('\n');
  if (others.length === 0) return html`<code>${first}</code>`;
  return html`<details class="more"><summary><code>${first}</code> <span class="quiet">${others.length} more lines</span></summary><pre tabindex="0">${others.join('\n')}</pre></details>`;
}

/** A restored one was stored by another run. */
function snapshotOf({ outcome, snapshotBytes, snapshotMs }: StepRecord['ended']): Html | null {
  if (outcome !== 'ran' || snapshotBytes === null) return null;
  return html`${formatSize(snapshotBytes)}${snapshotMs === null ? null : html`<small>saved in ${formatDuration(snapshotMs)}</small>`}`;
}
