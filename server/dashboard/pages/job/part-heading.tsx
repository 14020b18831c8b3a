import type { JobRun } from '../../../jobs/job.ts';
import type { PartView } from '../../model/part.ts';
import { partSpan, partState } from '../../model/part-state.ts';
import { partLabel } from '../../model/run-graph.ts';
import { State } from '../../parts/mark.tsx';
import { Lasting } from '../../parts/time.tsx';
import { printable } from '../../words/printable.ts';

export function PartHeading({
  part,
  run,
}: {
  readonly part: PartView;
  readonly version: number;
  readonly run: JobRun;
}) {
  const span = partSpan(part);
  return (
    <header class="part-heading">
      <div class="part-heading-line">
        <h2>{partLabel(part)}</h2>
        <State state={partState(part)} />
        {span !== null && (
          <span class="part-duration quiet">
            <Lasting
              startedAtMs={run.startedAtMs + span.startMs}
              endedAtMs={span.endMs === null ? null : run.startedAtMs + span.endMs}
            />
          </span>
        )}
      </div>
      <div class="part-path quiet">{printable(part.layerfile)}</div>
      {part.activity !== null && (
        <div class="part-activity">
          <span>{printable(part.activity.text)}</span>
          {part.activity.progress !== null && (
            <progress max={1} value={part.activity.progress} aria-label={printable(part.activity.text)} />
          )}
        </div>
      )}
    </header>
  );
}
