import test from 'ava';
import fc from 'fast-check';

import { layOut, type PlacedBox } from '../../../../cli/record/graph/lay-out.ts';
import { type Arrow, type Box, layeredGraph } from '../../../../cli/record/graph/layered-graph.ts';
import { crossings, orderLayers } from '../../../../cli/record/graph/order-layers.ts';
import { neverFalling } from '../../../../cli/record/graph/place-slots.ts';

function box(id: string, height = 40): Box {
  return { id, width: 100, height };
}

/** Boxes of several heights, and arrows that lead from earlier ones to later ones. */
const graphs = fc
  .array(fc.record({ height: fc.integer({ min: 10, max: 200 }), parents: fc.array(fc.nat(), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((nodes) => ({
    boxes: nodes.map(({ height }, index) => box(`n${index}`, height)),
    arrows: nodes.flatMap(({ parents }, index): readonly Arrow[] => {
      const earlier = new Set(index === 0 ? [] : parents.map((parent) => parent % index));
      return [...earlier].map((parent) => ({ from: `n${parent}`, to: `n${index}` }));
    }),
  }));

test('boxes never overlap, and lie in the picture', (t) => {
  fc.assert(
    fc.property(graphs, ({ boxes, arrows }) => {
      const layout = layOut(boxes, arrows);
      t.is(layout.boxes.length, boxes.length);
      for (const [index, a] of layout.boxes.entries()) {
        t.true(a.x >= 0 && a.y >= 0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height + 1);
        for (const b of layout.boxes.slice(index + 1)) t.false(overlap(a, b), `${a.id} ${b.id}`);
      }
    }),
    { numRuns: 50 },
  );
});

function overlap(a: PlacedBox, b: PlacedBox): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

test('every arrow leads to the right, from one box to the other, and behind no third one', (t) => {
  fc.assert(
    fc.property(graphs, ({ boxes, arrows }) => {
      const { boxes: placed, routes } = layOut(boxes, arrows);
      const places = new Map(placed.map((one) => [one.id, one]));
      for (const [index, { from, to }] of arrows.entries()) {
        const [tail, head, route] = [places.get(from)!, places.get(to)!, routes[index]!];
        t.is(route[0]!.x, tail.x + tail.width);
        t.is(route.at(-1)!.x, head.x);
        t.true(route.every(({ x }, at) => at === 0 || x >= route[at - 1]!.x));
        for (const { x, y } of route)
          t.false(
            placed.some((one) => isInside(one, x, y)),
            `${from} ${to}`,
          );
      }
    }),
    { numRuns: 50 },
  );
});

function isInside(one: PlacedBox, x: number, y: number): boolean {
  return one.x < x && x < one.x + one.width && one.y < y && y < one.y + one.height;
}

test('a chain is level, and a parent is in the middle of its children', (t) => {
  const chain = layOut(
    ['a', 'b', 'c'].map((id) => box(id)),
    [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ],
  );
  t.is(new Set(chain.boxes.map(({ y }) => y)).size, 1);
  const family = layOut(
    ['a', 'b', 'c', 'd'].map((id) => box(id)),
    ['b', 'c', 'd'].map((to) => ({ from: 'a', to })),
  );
  const [a, b, , d] = family.boxes;
  t.is(a!.y, (b!.y + d!.y) / 2);
});

test('arrows that need not cross do not', (t) => {
  const boxes = ['a', 'b', 'c', 'x', 'y', 'z'].map((id) => box(id));
  const graph = layeredGraph(boxes, [
    { from: 'a', to: 'z' },
    { from: 'b', to: 'y' },
    { from: 'c', to: 'x' },
  ]);
  t.is(crossings(graph.layers, graph.links), 3);
  t.is(crossings(orderLayers(graph), graph.links), 0);
});

test('200 boxes in four layers fit in the height of the fullest layer', (t) => {
  const ids = Array.from({ length: 200 }, (_, index) => index);
  const parents = ids.slice(1).map((index) => ({ from: `n${Math.floor((index - 1) / 6)}`, to: `n${index}` }));
  const { height, boxes } = layOut(
    ids.map((id) => box(`n${id}`, 26)),
    parents,
  );
  const layers = Map.groupBy(boxes, ({ x }) => x);
  const fullest = Math.max(...[...layers.values()].map((layer) => layer.length));
  t.true(height <= fullest * 36 * 1.2, `${height}`);
});

test('what should have no cycle and has one is laid out all the same', (t) => {
  t.is(
    layOut(
      [box('a'), box('b')],
      [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
    ).boxes.length,
    2,
  );
});

test('the nearest sequence that never falls is the means of what falls', (t) => {
  t.deepEqual(neverFalling([1, 3, 2, 2, 5]), [1, 7 / 3, 7 / 3, 7 / 3, 5]);
  t.deepEqual(neverFalling([3, 2, 1]), [2, 2, 2]);
  t.deepEqual(neverFalling([]), []);
});
