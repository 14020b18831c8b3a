import type { StepOutcome } from '../../../runner/index.ts';
import { MARKS } from '../../reporters/status-line.ts';
import { type Html, html } from './html.ts';

/** A sign beside a text that says the outcome itself. */
export function mark(outcome: StepOutcome): Html {
  return html`<span class="mark ${outcome}" aria-hidden="true">${MARKS[outcome]}</span>`;
}
