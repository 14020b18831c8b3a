import { existsSync, readFileSync } from 'node:fs';

import test from 'ava';

import { parseLayerfile, printLayerfile } from '../../grammar/index.ts';
import { withoutRanges } from './parsing.ts';

/** Real Layerfiles of other people, beside the repository on machines that have them; never part of it. */
const CORPUS = new URL('../../../shared/corpus/', import.meta.url);

interface Entry {
  readonly file: string;
  readonly path: string;
  /** What the index says about the file that decides whether it is valid. */
  readonly features: string;
}

/** The rows of the index: file, repository, path, commit, where from, features. */
function readIndex(): readonly Entry[] {
  const rows = readFileSync(new URL('INDEX.md', CORPUS), 'utf8').matchAll(
    /^\| (\S+) \| \S+ \| (\S+) \| [0-9a-f]{40} \| \w+ \| (.*) \|$/gm,
  );
  return Array.from(rows, ([, file = '', path = '', features = '']) => ({ file, path, features }));
}

/** The head of the index: what must give errors; everything else is valid. */
const INVALID_FEATURES = [
  '(not an instruction)',
  'no FROM',
  'only a newline',
  '2 FROM',
  'misspelt',
  'EXPOSE (other)',
  'EXPOSE <port>',
  'CMD',
  'ARTIFACT PUBLIC',
  'FROM ./Layerfile',
];

const entries = existsSync(new URL('INDEX.md', CORPUS)) ? readIndex() : [];
if (entries.length === 0) test.skip('corpus: skipped, ../shared/corpus is absent', () => undefined);

for (const { file, path, features } of entries) {
  const reason = INVALID_FEATURES.find((feature) => features.includes(feature));
  test(`corpus: ${file} is ${reason === undefined ? 'valid' : `invalid: ${reason}`}`, async (t) => {
    const { layerfile, diagnostics } = await parseLayerfile(readFileSync(new URL(file, CORPUS), 'utf8'), path);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    t.is(errors.length > 0, reason !== undefined, JSON.stringify(errors));
    const again = await parseLayerfile(printLayerfile(layerfile), path);
    t.deepEqual(withoutRanges(again.layerfile), withoutRanges(layerfile));
  });
}

/** Every error of the files that have several, as `line code`. */
const EXPECTED_ERRORS: Readonly<Record<string, readonly string[]>> = {
  '04-ABHAY-0312-HEALCARE.Layerfile': [
    '1 from-missing',
    '2 unknown-instruction',
    '18 dockerfile-only',
    '21 dockerfile-only',
  ],
  '46-lishaduck-lishaduck.github.io.Layerfile': ['3 unknown-instruction'],
  '51-ogbeche77-COVID-19-Tracker.Layerfile': ['17 unknown-instruction'],
  'graphs/CBelloxxi-Chat_App/Layerfile': [
    '1 dockerfile-only',
    '2 from-duplicate',
    '2 dockerfile-only',
    '3 dockerfile-only',
    '4 dockerfile-only',
    '5 dockerfile-only',
    '6 dockerfile-only',
    '8 unknown-instruction',
    '9 unknown-instruction',
    '10 unknown-instruction',
    '11 unknown-instruction',
  ],
};

for (const { file, path } of entries.filter((entry) => entry.file in EXPECTED_ERRORS)) {
  test(`corpus: ${file} has its errors at the right lines`, async (t) => {
    const { diagnostics } = await parseLayerfile(readFileSync(new URL(file, CORPUS), 'utf8'), path);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    t.deepEqual(
      errors.map(({ range, code }) => `${range.start.line} ${code}`),
      EXPECTED_ERRORS[file],
    );
  });
}
