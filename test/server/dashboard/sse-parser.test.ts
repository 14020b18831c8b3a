import test from 'ava';
import fc from 'fast-check';

import { type ServerEvent, SseParser } from '../../../server/dashboard/client/sse-parser.ts';

const TEXT =
  ': hello\n\nid: 1.20\nevent: step\ndata: {"a":1}\n\ndata:two\ndata: lines\n\nid:1.90\r\nevent: end\r\ndata: {}\r\n\r\nevent: none\n\n';

const EVENTS: readonly ServerEvent[] = [
  { id: '1.20', event: 'step', data: '{"a":1}' },
  { id: '1.20', event: 'message', data: 'two\nlines' },
  { id: '1.90', event: 'end', data: '{}' },
];

test('events come out of a stream as they went in, wherever it is cut', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: TEXT.length })), (cuts) => {
      const parser = new SseParser();
      const places = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
      const pieces = places.slice(1).map((end, index) => TEXT.slice(places[index], end));
      t.deepEqual(
        pieces.flatMap((piece) => parser.push(piece)),
        EVENTS,
      );
    }),
  );
});
