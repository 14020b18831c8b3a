import test from 'ava';

import { parseLayerfile } from '../../grammar/index.ts';
import { diagnosticsOf, place } from './parsing.ts';

interface FileCase {
  readonly source: string;
  readonly findings: readonly string[];
}

const FROM_HINT = 'Write a base image (`FROM vm/debian:12`) or another Layerfile (`FROM ../base`).';

const files: readonly FileCase[] = [
  {
    source: '',
    findings: ['error 1:1-1:1 the Layerfile is empty: its first instruction must say what the machine starts from'],
  },
  {
    source: '\n# only this\n',
    findings: ['error 1:1-1:1 the Layerfile is empty: its first instruction must say what the machine starts from'],
  },
  {
    source: 'RUN pytest',
    findings: ['error 1:1-1:11 the Layerfile has no FROM: its first instruction must say what the machine starts from'],
  },
  { source: 'FORM vm/debian:12', findings: ['error 1:1-1:5 unknown instruction `FORM`, did you mean `FROM`?'] },
  { source: 'F', findings: ['error 1:1-1:2 unknown instruction `F`, did you mean `FROM`?'] },
  { source: 'FROM', findings: ['error 1:1-1:5 FROM needs a source, but nothing follows it'] },
  {
    source: 'FROM node:16 AS build',
    findings: ['error 1:14-1:22 `FROM … AS …` is Dockerfile syntax: a Layerfile has one stage'],
  },
  { source: 'FROM a b', findings: ['error 1:8-1:9 FROM takes one source, but `b` follows it'] },
  {
    source: 'FROM --platform=x a',
    findings: ['error 1:6-1:18 `FROM --platform=x` is Dockerfile syntax'],
  },
  { source: 'FROM ./Layerfile', findings: ['error 1:6-1:17 FROM `./Layerfile` names this Layerfile itself'] },
  { source: 'FROM /app', findings: ['error 1:6-1:10 FROM `/app` names this Layerfile itself'] },
  { source: 'FROM ../..', findings: ['error 1:6-1:11 `../..` leads out of the workspace'] },
  {
    source: 'RUN a\nFROM vm/debian:12',
    findings: ['error 2:1-2:18 FROM must be the first instruction, but RUN stands before it'],
  },
  { source: '# c\nMEMORY 1G\nFROM vm/debian:12', findings: [] },
  {
    source: 'FROM vm/debian:12\nRUN a\0b',
    findings: ['error 2:6-2:7 a Layerfile is text, but this is a NUL character'],
  },
];

for (const { source, findings } of files) {
  test(`the file ${JSON.stringify(source)} has ${findings.length} findings`, async (t) => {
    const found = await diagnosticsOf(source);
    t.deepEqual(
      found.map(({ severity, range, message }) => `${severity} ${place(range)} ${message}`),
      findings,
    );
  });
}

test('FROM without a source says what to write', async (t) => {
  t.is((await diagnosticsOf('FROM'))[0]?.hint, FROM_HINT);
});

test('a second FROM shows the first', async (t) => {
  const [found] = await diagnosticsOf('FROM vm/debian:12\n\nFROM b');
  t.deepEqual(found?.related, [
    {
      message: 'the first FROM',
      path: 'app/Layerfile',
      range: { start: { line: 1, column: 1 }, end: { line: 1, column: 18 } },
    },
  ]);
});

test('the root Layerfile cannot wait for itself either', async (t) => {
  const found = await diagnosticsOf('FROM vm/debian:12\nWAIT / /Layerfile . ./app', 'Layerfile');
  t.deepEqual(
    found.map(({ code, range }) => `${code} ${place(range)}`),
    ['wait-itself 2:6-2:7', 'wait-itself 2:8-2:18', 'wait-itself 2:19-2:20'],
  );
});

test('all errors of a file come in one go, in the order of the text', async (t) => {
  const found = await diagnosticsOf('COPY a\nFROM vm/debian:12\nSPLIT 0\nnpm test\nEXPOSE TCP 0 99999\nCMD x');
  t.deepEqual(
    found.map(({ code, range }) => `${code} ${place(range)}`),
    [
      'argument-count 1:1-1:7',
      'from-not-first 2:1-2:18',
      'out-of-range 3:7-3:8',
      'unknown-instruction 4:1-4:4',
      'out-of-range 5:12-5:13',
      'out-of-range 5:14-5:19',
      'dockerfile-only 6:1-6:4',
    ],
  );
});

test('an instruction with a wrong argument beside right ones keeps what can be understood', async (t) => {
  const { layerfile } = await parseLayerfile('FROM vm/debian:12\nSECRET ENV A $B\nCOPY --chown=a b c', 'Layerfile');
  t.deepEqual(
    layerfile.instructions.map(({ kind }) => kind),
    ['FROM', 'SECRET ENV', 'COPY'],
  );
});

test('a file of more than 4,000,000 characters is refused', async (t) => {
  const { layerfile, diagnostics } = await parseLayerfile(`FROM vm/debian:12\n${'#'.repeat(4_000_000)}`, 'Layerfile');
  t.deepEqual(layerfile.instructions, []);
  t.is(diagnostics[0]?.message, 'the Layerfile has 4000018 characters, but at most 4000000 are read');
});
