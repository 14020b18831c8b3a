import type { JSX } from 'preact';

import type { JobState } from '../../jobs/job.ts';
import type { StepState } from '../model/part.ts';

export type MarkState = JobState | StepState;

const DISC = <circle cx="8" cy="8" r="7" class="fill" />;
const RING = <circle cx="8" cy="8" r="6.2" class="ring" />;
const SUCCEEDED = (
  <>
    {DISC}
    <path d="M4.7 8.3 7.1 10.6 11.3 5.7" class="cut" />
  </>
);
const PENDING = <circle cx="8" cy="8" r="6.2" class="ring dashed" />;

/** Each state has a shape of its own: whoever tells no colours apart sees which one it is. */
const SHAPES: Readonly<Record<MarkState, JSX.Element>> = {
  succeeded: SUCCEEDED,
  ran: SUCCEEDED,
  restored: (
    <>
      <path d="M3.2 4.6A6.2 6.2 0 1 1 1.8 8.4" class="ring" />
      <path d="M2.6 1.8 2.9 5.1 6.2 4.7" class="ring" />
      <path d="M5.5 8.3 7.4 10.1 10.6 6.3" class="ring" />
    </>
  ),
  failed: (
    <>
      <rect x="1.2" y="1.2" width="13.6" height="13.6" rx="3" class="fill" />
      <path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" class="cut" />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="6.2" class="ring faint" />
      <path d="M8 1.8A6.2 6.2 0 0 1 14.2 8" class="ring turning" />
    </>
  ),
  queued: PENDING,
  pending: PENDING,
  cancelled: (
    <>
      {RING}
      <path d="M3.8 12.2 12.2 3.8" class="ring" />
    </>
  ),
  interrupted: (
    <>
      <path d="M8 1.5 15 14.2H1z" class="fill" />
      <path d="M8 6v3.6M8 11.8v.4" class="cut" />
    </>
  ),
  skipped: (
    <>
      {RING}
      <path d="M5 8h6" class="ring" />
    </>
  ),
  waiting: (
    <>
      {DISC}
      <path d="M6.2 5.3v5.4M9.8 5.3v5.4" class="cut" />
    </>
  ),
  'would-run': PENDING,
};

/** Says nothing to screen readers: a word stands beside it. */
export function Mark({ state }: { readonly state: MarkState }) {
  return (
    <svg class={`mark mark-${state}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}

const WORDS: Readonly<Partial<Record<MarkState, string>>> = { pending: 'not yet', waiting: 'waits for a person' };

export function stateWord(state: MarkState): string {
  return WORDS[state] ?? state;
}

export function State({ state, word = stateWord(state) }: { readonly state: MarkState; readonly word?: string }) {
  return (
    <span class={`state state-${state}`}>
      <Mark state={state} />
      <span class="state-word">{word}</span>
    </span>
  );
}
