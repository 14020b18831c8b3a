import type { JobRun } from '../../../jobs/job.ts';
import { isMember } from '../../client/session.ts';
import type { PartView, StepState, StepView } from '../../model/part.ts';
import { IconButton } from '../../parts/button.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Lasting } from '../../parts/time.tsx';
import { formatDuration } from '../../../../util/duration.ts';
import { instructionLine } from '../../words/printable.ts';
import { stepRemark } from '../../words/step-remark.ts';

interface StepListProps {
  readonly part: PartView;
  readonly version: number;
  readonly run: JobRun;
  /** Goes to the step's place in the log. */
  readonly show: (step: number) => void;
  readonly openTerminal: (step: number) => void;
}

export function StepList({ part, run, show, openTerminal }: StepListProps) {
  return (
    <ol class="steps">
      {part.steps.map((step) => (
        <li key={step.number} class={`step step-${step.state}`}>
          <button
            type="button"
            class="step-button"
            disabled={step.state === 'pending'}
            title={step.instruction ?? undefined}
            onClick={() => show(step.number)}
          >
            <Mark state={step.state} />
            <span class="step-number numbers">{step.number}</span>
            <span class="step-words">
              <code class="step-instruction">
                {step.instruction === null ? '…' : instructionLine(step.instruction)}
              </code>
              <span class="step-remark">{stepRemark(step)}</span>
            </span>
            <StepDuration step={step} run={run} />
          </button>
          {isMember.value && HAS_MACHINE.has(step.state) && (
            <IconButton
              icon="terminal"
              label={`Terminal in the machine after step ${step.number}`}
              act={() => openTerminal(step.number)}
            />
          )}
        </li>
      ))}
    </ol>
  );
}

/** Ended with a machine, or with one that can be restored. */
const HAS_MACHINE: ReadonlySet<StepState> = new Set(['restored', 'ran', 'failed', 'waiting']);

const TOOK_TIME: ReadonlySet<StepState> = new Set(['ran', 'failed', 'cancelled']);
/** Less is told as nothing. */
const LEAST_MS = 10;

function StepDuration({ step: { state, startedMs, ended }, run }: { readonly step: StepView; readonly run: JobRun }) {
  if (state === 'running' && startedMs !== null)
    return (
      <span class="step-duration">
        <Lasting startedAtMs={run.startedAtMs + startedMs} endedAtMs={null} />
      </span>
    );
  const durationMs = TOOK_TIME.has(state) ? (ended?.durationMs ?? 0) : 0;
  return <span class="step-duration numbers">{durationMs < LEAST_MS ? '' : formatDuration(durationMs)}</span>;
}
