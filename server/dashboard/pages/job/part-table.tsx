import { partProgress, partSpan, partState } from '../../model/part-state.ts';
import { partLabel } from '../../model/run-graph.ts';
import { State } from '../../parts/mark.tsx';
import { Lasting } from '../../parts/time.tsx';
import { printable } from '../../words/printable.ts';
import type { OverviewProps } from './overview-props.ts';

/** All Layerfiles, a line each: for narrow windows, and for who would rather read than look. */
export function PartTable({ view, run, part: chosen, choose }: OverviewProps) {
  return (
    <ul class="parts">
      {view.parts.map((part) => {
        const span = partSpan(part);
        const isChosen = part.key === chosen.key;
        return (
          <li key={part.key}>
            <button type="button" class="part-row" aria-pressed={isChosen} onClick={() => choose(part)}>
              <State state={partState(part)} />
              <span class="part-row-name">{partLabel(part)}</span>
              <span class="part-row-path quiet">{printable(part.layerfile)}</span>
              <span class="part-row-progress quiet">{partProgress(part)}</span>
              <span class="part-row-time">
                {span !== null && (
                  <Lasting
                    startedAtMs={run.startedAtMs + span.startMs}
                    endedAtMs={span.endMs === null ? null : run.startedAtMs + span.endMs}
                  />
                )}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
