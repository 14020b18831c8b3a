import { printableLine } from '../../../util/printable-text.ts';
import { truncateMiddle } from '../../text-width.ts';
import { type Layout, layOut, type PlacedBox, type Point } from '../graph/lay-out.ts';
import type { Arrow } from '../graph/layered-graph.ts';
import type { BuildNeed } from '../../../runner/index.ts';
import { countsText, outcomeCounts, outcomeOf, stepsOf } from '../outcome-counts.ts';
import type { LayerfileRecord, RunRecord } from '../run-record.ts';
import { type CellStyle, cellStyle, type GraphBox, graphBoxes, INSET } from './graph-boxes.ts';
import { type Html, html } from './html.ts';
import { mark } from './mark.ts';
import { layerfileId } from './page-ids.ts';

/** What goes on from what and waits for what, from left to right; below it those that do neither. */
export function graphSection({ layerfiles }: RunRecord): Html {
  const indices = new Map(layerfiles.map(({ layerfile }, index) => [layerfile, index]));
  const needed = new Set(layerfiles.flatMap(({ needs }) => needs.map(({ layerfile }) => layerfile)));
  const isAlone = ({ layerfile, needs }: LayerfileRecord): boolean => needs.length === 0 && !needed.has(layerfile);
  const [alone, related] = [layerfiles.filter(isAlone), layerfiles.filter((layerfile) => !isAlone(layerfile))];
  const cell = cellStyle(related.length === 0 ? alone : related);
  const cards = (members: readonly LayerfileRecord[]): readonly Html[] =>
    members.map((layerfile) => card(layerfile, indices.get(layerfile.layerfile) ?? 0, cell));
  return html`<section aria-labelledby="graph"><h2 id="graph">Layerfiles</h2>
${related.length === 0 ? null : drawing(related, cell, cards)}
${alone.length === 0 ? null : html`<ul class="cards" style="--cell-width:${cell.width}px">${cards(alone).map((one) => html`<li>${one}</li>`)}</ul>`}</section>`;
}

type Cards = (members: readonly LayerfileRecord[]) => readonly Html[];

function drawing(related: readonly LayerfileRecord[], cell: CellStyle, cards: Cards): Html {
  const boxes = graphBoxes(related, cell);
  const arrows = arrowsOf(boxes);
  const layout = layOut(boxes, arrows);
  const members = new Map(boxes.map((box) => [box.id, box]));
  const hasWaits = arrows.some(({ kind }) => kind === 'WAIT');
  return html`${hasWaits ? LEGEND : null}<div class="scroll" tabindex="0" role="region" aria-label="The graph of Layerfiles">
<div class="graph ${cell.name}" style="width:${layout.width}px;height:${layout.height}px;--cell-width:${cell.width}px;--cell-height:${cell.height}px;--inset:${INSET}px">
${edges(layout, arrows)}${layout.boxes.map((placed) => boxMarkup(placed, members.get(placed.id), cards))}</div></div>`;
}

const LEGEND = html`<ul class="legend" aria-hidden="true"><li><svg width="28" height="8"><path class="FROM" d="M0 4H28"/></svg> FROM</li><li><svg width="28" height="8"><path class="WAIT" d="M0 4H28"/></svg> WAIT</li></ul>`;

interface GraphArrow extends Arrow {
  readonly kind: BuildNeed['kind'];
}

/** One for each pair of boxes. */
function arrowsOf(boxes: readonly GraphBox[]): readonly GraphArrow[] {
  const owners = new Map(boxes.flatMap(({ id, members }) => members.map(({ layerfile }) => [layerfile, id] as const)));
  return boxes.flatMap(({ id: to, members: [first] }) =>
    (first?.needs ?? []).flatMap(({ kind, layerfile }) => {
      const from = owners.get(layerfile);
      return from === undefined ? [] : [{ kind, from, to }];
    }),
  );
}

function edges({ width, height, routes }: Layout, arrows: readonly GraphArrow[]): Html {
  return html`<svg width="${width}" height="${height}" aria-hidden="true">${routes.map(
    (route, index) => html`<path class="${arrows[index]?.kind ?? 'FROM'}" d="${curve(route)}"/>`,
  )}</svg>`;
}

/** Leaves and reaches every point level. */
function curve([first = { x: 0, y: 0 }, ...others]: readonly Point[]): string {
  let from = first;
  const pieces = others.map((to) => {
    const middle = Math.round((from.x + to.x) / 2);
    const piece =
      from.x === to.x ? '' : from.y === to.y ? `H${to.x}` : `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
    from = to;
    return piece;
  });
  return `M${first.x} ${first.y}${pieces.join('')}`;
}

function boxMarkup({ x, y, width, height }: PlacedBox, box: GraphBox | undefined, cards: Cards): Html | null {
  if (box === undefined) return null;
  const many = box.members.length > 1;
  return html`<div class="box${many ? ' many' : ''}" style="left:${x}px;top:${y}px;width:${width}px;height:${height}px">${cards(box.members)}</div>`;
}

function card(layerfile: LayerfileRecord, index: number, { columns }: CellStyle): Html {
  const outcome = outcomeOf(layerfile);
  const counts = countsText(outcomeCounts(stepsOf(layerfile)));
  const copies = layerfile.split === null ? '' : ` ×${layerfile.split.copies}`;
  const needs = layerfile.needs.map(({ kind, layerfile: path }) => `${kind} ${path}`);
  const name = truncateMiddle(printableLine(layerfile.name), columns - copies.length);
  const title = [layerfile.name, layerfile.layerfile, counts, ...needs].join(', ');
  return html`<a class="card ${outcome}" href="#${layerfileId(index)}" title="${title}"><span class="name">${mark(outcome)} ${name}${copies}</span><span class="counts">${counts}</span></a>`;
}
