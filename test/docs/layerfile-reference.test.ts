import test from 'ava';

import { parseLayerfile } from '../../grammar/index.ts';
import { INSTRUCTION_KINDS } from '../../grammar/keyword.ts';
import { referenceExamples, referenceText } from './reference-examples.ts';

/** Of the old language, and told of together. */
const NOT_SUPPORTED = ['AWS', 'ARTIFACT PUBLIC'];
const examples = referenceExamples();

for (const [index, { section, purpose, layerfile }] of examples.entries()) {
  const expected = purpose === 'error' ? 'has errors' : 'has neither errors nor warnings';
  test(`example ${index + 1} of the reference, in ${section}, ${expected}`, async (t) => {
    const { diagnostics } = await parseLayerfile(layerfile, 'app/Layerfile');
    if (purpose === 'error') t.true(diagnostics.some(({ severity }) => severity === 'error'));
    else t.deepEqual(diagnostics, []);
  });
}

test('the reference has a section, a form and an example for every instruction', async (t) => {
  for (const kind of INSTRUCTION_KINDS) {
    const section = NOT_SUPPORTED.includes(kind) ? 'Not supported' : kind;
    const own = examples.filter((example) => example.section === section);
    const parsed = await Promise.all(own.map(({ layerfile }) => parseLayerfile(layerfile, 'app/Layerfile')));
    const kinds = parsed.flatMap(({ layerfile }) => layerfile.instructions.map((instruction) => instruction.kind));
    t.true(kinds.includes(kind), `${section} has an example of ${kind}`);
    if (section === kind) t.regex(referenceText(), new RegExp(`^## ${kind}\n\n\`\`\`text\n${kind}`, 'm'));
  }
});

test('every link within the reference leads to a heading', (t) => {
  const text = referenceText();
  const anchors = Array.from(text.matchAll(/^## (.+)$/gm), ([, heading = '']) =>
    heading.toLowerCase().replaceAll(' ', '-'),
  );
  const links = Array.from(text.matchAll(/\]\(#([\w-]+)\)/g), ([, anchor = '']) => anchor);
  t.deepEqual(
    links.filter((link) => !anchors.includes(link)),
    [],
  );
});
