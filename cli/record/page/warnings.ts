import { warningText } from '../../reporters/status-line.ts';
import type { RunRecord } from '../run-record.ts';
import { type Html, html } from './html.ts';

/** What was to be known and stopped nothing; null where there was nothing. */
export function warningsSection({ warnings }: RunRecord): Html | null {
  if (warnings.length === 0) return null;
  return html`<section aria-labelledby="warnings"><h2 id="warnings">Warnings</h2>
<ul class="warnings">${warnings.map((warning) => html`<li>${warningText(warning)}</li>`)}</ul></section>`;
}
