import test from 'ava';

import { resolveReference } from '../../grammar/index.ts';
import { isSelfReference } from '../../grammar/reference.ts';

const cases: readonly (readonly [from: string, reference: string, resolved: string | undefined])[] = [
  ['a/b/Layerfile', '../base', 'a/base'],
  ['a/b/Layerfile', './c/Layerfile', 'a/b/c/Layerfile'],
  ['a/b/Layerfile', '/Layerfile', 'Layerfile'],
  ['a/b/Layerfile', '/', ''],
  ['a/b/Layerfile', '../..', ''],
  ['a/b/Layerfile', '../../..', undefined],
  ['a/b/Layerfile', '/..', undefined],
  ['Layerfile', 'x//./y/', 'x/y'],
];

for (const [from, reference, resolved] of cases) {
  test(`${reference} in ${from} leads to ${resolved ?? 'outside the workspace'}`, (t) => {
    t.is(resolveReference(from, reference), resolved);
  });
}

test('a Layerfile is named by its path and by its folder', (t) => {
  t.true(isSelfReference('a/Layerfile', '.'));
  t.true(isSelfReference('a/Layerfile', '../a/Layerfile'));
  t.true(isSelfReference('Layerfile', '/'));
  t.true(isSelfReference('a/layerfile4', './layerfile4'));
  t.false(isSelfReference('a/layerfile4', '.'));
  t.false(isSelfReference('a/Layerfile', '../b'));
  t.false(isSelfReference('a/Layerfile', '../../a'));
});
