import { formatDuration } from '../../../util/duration.ts';
import { instructionText } from '../../reporters/status-line.ts';
import { partName } from '../part-name.ts';
import type { LayerfileRecord, PartRecord, RunRecord, StepRecord } from '../run-record.ts';
import { why } from '../why.ts';
import { type Html, html } from './html.ts';
import { mark } from './mark.ts';
import { stepId } from './page-ids.ts';

/** The steps that failed, with the last that they wrote; null where none did. */
export function failuresSection({ layerfiles }: RunRecord): Html | null {
  const failed = layerfiles.flatMap((layerfile, index) =>
    layerfile.parts.flatMap((part) =>
      part.steps
        .filter(({ ended }) => ended.outcome === 'failed')
        .map((step) => failure(layerfile, part, step, stepId(index, part.copy, step.ended.step))),
    ),
  );
  if (failed.length === 0) return null;
  return html`<section aria-labelledby="failed"><h2 id="failed">Failed</h2>${failed}</section>`;
}

function failure(layerfile: LayerfileRecord, part: PartRecord, { ended, output }: StepRecord, id: string): Html {
  const name = partName(layerfile, part);
  const facts = [`${layerfile.layerfile}:${ended.line}`, why(ended), `after ${formatDuration(ended.durationMs)}`];
  return html`<article class="failure">
<h3>${mark('failed')} <a href="#${id}">${name}, step ${ended.step}</a> <code>${instructionText(ended.instruction)}</code></h3>
<p class="quiet">${facts.filter(Boolean).join(', ')}</p>
${
  output.length === 0
    ? html`<p class="quiet">It wrote nothing.</p>`
    : html`<pre tabindex="0" role="region" aria-label="What ${name}, step ${ended.step}, wrote last">${output.join('\n')}</pre>`
}
</article>`;
}
