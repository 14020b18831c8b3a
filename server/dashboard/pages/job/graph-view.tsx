import { useEffect, useMemo, useRef } from 'preact/hooks';

import { layOut, NODE_HEIGHT, NODE_WIDTH } from '../../model/lay-out.ts';
import { partProgress, partState } from '../../model/part-state.ts';
import { type GraphEdge, type GraphNode, runGraph } from '../../model/run-graph.ts';
import { Mark, stateWord } from '../../parts/mark.tsx';
import type { OverviewProps } from './overview-props.ts';

/** Who goes on in whose machine, and who waits for whom, from left to right. */
export function GraphView({ view, part, choose }: OverviewProps) {
  const graph = runGraph(view);
  const placed = useMemo(() => layOut(graph), [graph.nodes.length, graph.edges.length]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [part.key]);
  return (
    <div class="graph" ref={box}>
      <div class="graph-plane" style={{ width: `${placed.width}px`, height: `${placed.height}px` }}>
        <svg class="graph-arrows" width={placed.width} height={placed.height} aria-hidden="true">
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M1 1 7 4 1 7" class="arrow-head" />
            </marker>
          </defs>
          {placed.arrows.map(({ from, to, kind, path }) => (
            <path key={`${from} ${to}`} d={path} class={`arrow arrow-${kind}`} marker-end="url(#arrow)">
              <title>{kind}</title>
            </path>
          ))}
        </svg>
        {graph.nodes.map((node) => {
          const { x, y } = placed.places.get(node.key) ?? { x: 0, y: 0 };
          return (
            <Node
              key={node.key}
              node={node}
              x={x}
              y={y}
              isChosen={node.key === part.key}
              choose={() => choose(node.part)}
            />
          );
        })}
      </div>
      <Legend kinds={new Set(graph.edges.map(({ kind }) => kind))} />
    </div>
  );
}

interface NodeProps {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Node({ node: { label, part }, x, y, isChosen, choose }: NodeProps) {
  const state = partState(part);
  const progress = state === 'running' && part.activity !== null ? part.activity.activity : partProgress(part);
  return (
    <button
      type="button"
      class={`node node-${state}`}
      aria-pressed={isChosen}
      aria-label={`${label}: ${stateWord(state)}, ${progress}`}
      title={part.layerfile}
      style={{ width: `${NODE_WIDTH}px`, height: `${NODE_HEIGHT}px`, left: `${x}px`, top: `${y}px` }}
      onClick={choose}
    >
      <Mark state={state} />
      <span class="node-words">
        <span class="node-name">{label}</span>
        <span class="node-progress">{progress}</span>
      </span>
    </button>
  );
}

const MEANINGS = { FROM: 'goes on in its machine', WAIT: 'after it has succeeded', SPLIT: 'copies' } as const;

function Legend({ kinds }: { readonly kinds: ReadonlySet<GraphEdge['kind']> }) {
  if (kinds.size === 0) return null;
  return (
    <p class="graph-legend quiet" aria-hidden="true">
      {[...kinds].map((kind) => (
        <span key={kind}>
          <Line kind={kind} /> {kind}: {MEANINGS[kind]}
        </span>
      ))}
    </p>
  );
}

function Line({ kind }: { readonly kind: string }) {
  return (
    <svg width="22" height="8" viewBox="0 0 22 8">
      <path d="M1 4H21" class={`arrow arrow-${kind}`} />
    </svg>
  );
}
