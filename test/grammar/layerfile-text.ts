import fc from 'fast-check';

/** Lines that are right, from which the property tests make files. */
const LINES: readonly string[] = [
  'RUN npm ci && \\\n    # why\n    npm  test',
  'RUN BACKGROUND "./server" --port 80 # here',
  "RUN REPEATABLE docker build --tag='a b' .",
  "RUN cat <<EOF > /a && cat <<-'B C'\n$HOME\\\n#x\nEOF\n\ttwo\n\tB C",
  'RUN <<EOF\n#!/usr/bin/env python3\nprint(1)\n\nEOF',
  'RUN ["npm", "start it"]',
  'RUN echo \\\\',
  'THEN run make',
  'COPY "a b" c\\ d é/ # all',
  'COPY ["a b", "c/"]',
  'ENV A="x \\\n  y" B=$(echo ")" `a`) \\\n# no\nC=${D:-" "}',
  'ENV OPTIONS -a -b',
  'ENV A b c d',
  'BUILD ENV A B',
  'SECRET ENV KEY',
  'CACHE ~/.npm',
  'CHECKPOINT disabled',
  'EXPOSE WEBSITE https://localhost  : 443 api',
  'EXPOSE TCP :1 :2',
  'SPLIT UNORDERED 3',
  'WAIT ../base /x/Layerfile',
  'BUTTON Deploy # 1 \\\n   now',
  'SKIP REMAINING IF $A = "b c" AND D!=~^v AND E==1',
  'memory 1500k',
  'WORKDIR "my app"',
  'USER me',
  'SETUP FILE a b',
  'LABEL display_name="it is" status=merge',
  'CLONE https://example.com/a.git DEFAULT=main src /a',
  'ARTIFACT PUBLIC /a',
  'AWS x',
  '# comment \\',
  '',
];

const lineBreak = fc.constantFrom('\n', '\r\n', '\r');

/** A file of right lines in any order, with any line ends. */
export const layerfileText: fc.Arbitrary<string> = fc
  .tuple(fc.array(fc.constantFrom(...LINES), { maxLength: 12 }), lineBreak, fc.boolean())
  .map(([lines, end, hasLastBreak]) => {
    const once = lines.filter((line, index) => !line.startsWith('SPLIT') || lines.indexOf(line) === index);
    const text = ['FROM vm/debian:12', ...once].join('\n') + (hasLastBreak ? '\n' : '');
    return text.replaceAll('\n', end);
  });

const snippet = fc.oneof(
  fc.string({ maxLength: 8, unit: 'binary' }),
  fc.constantFrom(
    '\\',
    '\\\n',
    '"',
    "'",
    '`',
    '$(',
    '${',
    '<<EOF',
    '\nEOF\n',
    '#',
    '\r',
    '\n',
    ' ',
    '\t',
    '\0',
    '\uFEFF',
    '=',
  ),
  fc.constantFrom(
    'FROM ',
    'RUN ',
    'COPY ',
    'ENV ',
    'SKIP REMAINING IF ',
    ' AND ',
    'THEN ',
    '[',
    '(',
    '((',
    '<<',
    '\u2028',
  ),
);

type Edit = (text: string, place: number, length: number, inserted: string) => string;

/** What editors, merges and bad disks do to a text. */
const EDITS: readonly Edit[] = [
  (text, place, length, inserted) => text.slice(0, place) + inserted + text.slice(place + length),
  (text, place, length) => text.slice(0, place) + text.slice(place + length * 8),
  (text, place, length) => text.slice(0, place + length * 4) + text.slice(place),
  (text, place) => text.slice(0, place),
  (text, place, length) =>
    text.slice(0, place) + text.slice(place, place + length).toUpperCase() + text.slice(place + length),
  (text, place) => text.slice(text.indexOf('\n', place) + 1) + text.slice(0, place),
];

/** The texts of `original` after a few edits. */
export function edited(original: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.tuple(fc.constantFrom(...EDITS), fc.nat(), fc.nat({ max: 12 }), snippet);
  return fc
    .tuple(original, fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([text, edits]) =>
      edits.reduce(
        (now, [change, place, length, inserted]) => change(now, place % (now.length + 1), length, inserted),
        text,
      ),
    );
}

/** Right lines with a few stretches replaced by something else. */
export const editedLayerfileText: fc.Arbitrary<string> = edited(layerfileText);
