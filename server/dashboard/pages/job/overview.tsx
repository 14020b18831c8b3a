import { useQuery } from '../../client/use-query.ts';
import { counted } from '../../words/counts.ts';
import { GraphView } from './graph-view.tsx';
import type { OverviewProps } from './overview-props.ts';
import { PartTable } from './part-table.tsx';
import { TimelineView } from './timeline-view.tsx';

const VIEWS = ['graph', 'list', 'timeline'] as const;

/** All Layerfiles of a run, in three ways. */
export function Overview(props: OverviewProps) {
  const [query, change] = useQuery();
  const asked = query.get('view');
  const { layerfiles, parts } = props.view;
  const shown = VIEWS.find((view) => view === asked) ?? fittingView(parts.length);
  return (
    <section class="overview" aria-label="Layerfiles">
      <header class="overview-header">
        <h2>{counted(layerfiles.length, 'Layerfile')}</h2>
        <div class="chips" role="group" aria-label="Show as">
          {VIEWS.map((view) => (
            <button
              key={view}
              type="button"
              class="chip"
              aria-pressed={view === shown}
              onClick={() => change({ view })}
            >
              {view}
            </button>
          ))}
        </div>
      </header>
      {shown === 'graph' && <GraphView {...props} />}
      {shown === 'list' && <PartTable {...props} />}
      {shown === 'timeline' && <TimelineView {...props} />}
    </section>
  );
}

/** A graph of one is none; and a narrow window has room for lines only. */
function fittingView(parts: number): (typeof VIEWS)[number] {
  if (parts === 1) return 'timeline';
  return matchMedia('(max-width: 719px)').matches ? 'list' : 'graph';
}
