import test from 'ava';
import fc from 'fast-check';

import { html } from '../../../../cli/record/page/html.ts';
import { tagsOf, textOf, valuesOf } from './markup.ts';
import { nastyText } from './nasty-text.ts';

test('no text ever becomes a tag, an attribute or an entity', (t) => {
  fc.assert(
    fc.property(nastyText, (text) => {
      const page = html`<body><b title="${text}">${text}</b></body>`.toString();
      t.deepEqual(
        tagsOf(page).map(({ name, attributes }) => [name, attributes]),
        [
          ['body', []],
          ['b', ['title']],
          ['b', []],
          ['body', []],
        ],
      );
    }),
  );
});

test('what can be shown is shown as it is', (t) => {
  const text = `a < b & "c" > 'd' &lt; <b>é</b> 日本`;
  const page = html`<body><b title="${text}">${text}</b></body>`.toString();
  t.is(textOf(page), text);
  t.deepEqual(valuesOf(page, 'title'), [text]);
});

test('escape sequences, controls, marks that reorder text and halves of characters are left out', (t) => {
  t.is(html`${'\u001b[31mred\u001b[39m\u0000\u202e\u0007 \ud800x\n\ty'}`.toString(), 'red \ufffdx\n    y');
});

test('markup stays markup, in lists too, and null is nothing', (t) => {
  const items = ['a', '<'].map((text) => html`<li>${text}</li>`);
  t.is(html`<ul>${[...items, null]}${null}${3}</ul>`.toString(), '<ul><li>a</li><li>&lt;</li>3</ul>');
});
