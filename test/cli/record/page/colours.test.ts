import test from 'ava';

import { type Colours, DARK, LIGHT } from '../../../../cli/record/page/colours.ts';
import { contrast } from './contrast.ts';

const TEXTS = ['text', 'quiet', 'link', 'restored', 'ran', 'failed', 'cancelled', 'skipped'] as const;
/** Bars with a text in them. */
const LABELLED = ['ran', 'failed', 'cancelled', 'skipped'] as const;
const SHAPES = [
  'restored',
  'ran',
  'failed',
  'cancelled',
  'skipped',
  'busy',
  'wait',
  'save',
  'machine',
  'edge',
] as const;

for (const [scheme, colours] of Object.entries({ light: LIGHT, dark: DARK }) as readonly (readonly [
  string,
  Colours,
])[]) {
  test(`${scheme}: every text can be read on what it stands on (WCAG 2.2, 1.4.3: 4.5 to 1)`, (t) => {
    for (const text of TEXTS)
      for (const ground of ['page', 'panel'] as const)
        t.true(
          contrast(colours[text], colours[ground]) >= 4.5,
          `${text} on ${ground}: ${contrast(colours[text], colours[ground])}`,
        );
    for (const bar of LABELLED)
      t.true(contrast(colours.onBar, colours[bar]) >= 4.5, `on ${bar}: ${contrast(colours.onBar, colours[bar])}`);
  });

  test(`${scheme}: every shape that says something can be seen (WCAG 2.2, 1.4.11: 3 to 1)`, (t) => {
    for (const shape of SHAPES)
      t.true(contrast(colours[shape], colours.page) >= 3, `${shape}: ${contrast(colours[shape], colours.page)}`);
  });
}
