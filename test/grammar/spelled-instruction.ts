import fc from 'fast-check';

import type { InstructionKind } from '../../grammar/index.ts';

/** What an instruction means, and one of the many ways to write it. */
export interface SpelledInstruction {
  readonly fields: Readonly<Record<string, unknown>> & { readonly kind: InstructionKind };
  readonly source: string;
}

/** The meaning of an instruction, and its words in order; a word may have several spellings. */
interface Meaning {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
}

const plain = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}$/);
const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
const relative = fc.array(plain, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const absolute = relative.map((path) => `/${path}`);
const guestPath = fc.oneof(
  absolute,
  relative,
  relative.map((path) => `~/${path}`),
);
const port = fc.integer({ min: 1, max: 65535 });
/** Text that holds whatever a quoted word may. */
const phrase = fc.stringMatching(/^[a-zäß界 #=:/.,?&()*-]{1,12}$/);

/** `text` as a word: bare where that is possible, else in one of the quotes. */
function spelled(text: string, pick: number): string {
  const isBare = /^[\w./:@~+-]+$/.test(text);
  return [isBare ? text : `"${text}"`, `"${text}"`, `'${text}'`][pick % 3] ?? text;
}

const word = (text: fc.Arbitrary<string>): fc.Arbitrary<readonly [text: string, written: string]> =>
  fc.tuple(text, fc.nat({ max: 2 })).map(([value, pick]) => [value, spelled(value, pick)]);

const wordOf = (text: string): { readonly text: string } => ({ text });

function listOf(key: string, item: fc.Arbitrary<string>): fc.Arbitrary<Meaning> {
  return fc.array(word(item), { minLength: 1, maxLength: 4 }).map((items) => ({
    fields: { [key]: items.map(([text]) => wordOf(text)) },
    words: items.map(([, written]) => written),
  }));
}

const copy: fc.Arbitrary<Meaning> = fc
  .tuple(
    fc.array(
      word(
        fc.oneof(
          relative,
          absolute,
          phrase.map((text) => `a${text}b`),
        ),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    word(guestPath),
  )
  .map(([sources, [destination]]) => ({
    fields: { sources: sources.map(([text]) => wordOf(text)), destination: wordOf(`${destination}/`) },
    words: [...sources.map(([, written]) => written), `${destination}/`],
  }));

const value = fc.oneof(
  fc.constantFrom(
    '',
    'b',
    '$HOME/bin:$PATH',
    '"x # y"',
    "'it is'",
    '$(echo "a b" ")")',
    '`date +%s`',
    '${A:-x y}',
    'u?a=1&b=2',
    'a\\ b',
  ),
  phrase.map((text) => `"${text}"`),
);

const env: fc.Arbitrary<Meaning> = fc
  .uniqueArray(fc.tuple(name, value), { minLength: 1, maxLength: 4, selector: ([key]) => key })
  .map((pairs) => ({
    fields: { assignments: pairs.map(([key, assigned]) => ({ key, value: assigned })) },
    words: pairs.map(([key, assigned]) => `${key}=${assigned}`),
  }));

const skip: fc.Arbitrary<Meaning> = fc
  .array(fc.tuple(name, fc.constantFrom('=', '!=', '=~', '!=~'), fc.stringMatching(/^[a-z^.$ ]{1,8}$/), fc.boolean()), {
    minLength: 1,
    maxLength: 3,
  })
  .map((conditions) => ({
    fields: { conditions: conditions.map(([key, operator, compared]) => ({ key, operator, value: compared })) },
    words: conditions.flatMap(([key, operator, compared, apart], index) => [
      ...(index === 0 ? [] : ['AND']),
      ...(apart ? [key, operator, `"${compared}"`] : [`${key}${operator}"${compared}"`]),
    ]),
  }));

const website: fc.Arbitrary<Meaning> = fc
  .tuple(
    fc.constantFrom('http', 'https'),
    fc.constantFrom('localhost', '127.0.0.1', '[::1]'),
    port,
    absolute,
    fc.option(absolute),
  )
  .map(([scheme, host, number, path, rewrite]) => ({
    fields: { scheme, host, port: number, path, rewrite },
    words: [`${scheme}://${host}:${number}`, path, ...(rewrite === null ? [] : [rewrite])],
  }));

const clone: fc.Arbitrary<Meaning> = fc
  .tuple(absolute, fc.option(plain), fc.array(relative, { maxLength: 2 }), guestPath)
  .map(([path, branch, files, destination]) => ({
    fields: {
      url: `https://example.com${path}.git`,
      defaultBranch: branch,
      files: files.map(wordOf),
      destination: wordOf(destination),
    },
    words: [`https://example.com${path}.git`, ...(branch === null ? [] : [`DEFAULT=${branch}`]), ...files, destination],
  }));

/** One text as a single word: what follows RUN and BUTTON is not taken apart. */
const command = fc
  .stringMatching(/^[a-z][a-z0-9 #'"$(){};&|=\t<>-]{0,20}$/)
  .map((text) => text.trim())
  .filter((text) => !text.includes('<<'));

function textOf(key: string): fc.Arbitrary<Meaning> {
  return command.map((text) => ({ fields: { [key]: text }, words: [text] }));
}

const MEANINGS: readonly (readonly [InstructionKind, fc.Arbitrary<Meaning>])[] = [
  ['RUN', textOf('command')],
  ['RUN BACKGROUND', textOf('command')],
  ['RUN REPEATABLE', textOf('command')],
  ['BUTTON', textOf('message')],
  ['COPY', copy],
  ['ENV', env],
  ['BUILD ENV', listOf('names', name)],
  ['SECRET ENV', listOf('names', name)],
  ['CACHE', listOf('paths', guestPath)],
  ['SETUP FILE', listOf('paths', guestPath)],
  [
    'WAIT',
    listOf(
      'paths',
      relative.map((path) => `/other/${path}`),
    ),
  ],
  ['CHECKPOINT', plain.map((text) => ({ fields: { action: 'take', name: text }, words: [text] }))],
  ['CHECKPOINT', fc.constant({ fields: { action: 'disable', name: null }, words: ['disabled'] })],
  ['EXPOSE WEBSITE', website],
  [
    'EXPOSE TCP',
    fc
      .tuple(port, port)
      .map(([host, guest]) => ({ fields: { hostPort: host, guestPort: guest }, words: [`${host}`, `:${guest}`] })),
  ],
  [
    'SPLIT',
    fc.integer({ min: 1, max: 64 }).map((copies) => ({ fields: { copies, ordered: true }, words: [`${copies}`] })),
  ],
  [
    'SPLIT',
    fc
      .integer({ min: 1, max: 64 })
      .map((copies) => ({ fields: { copies, ordered: false }, words: ['UNORDERED', `${copies}`] })),
  ],
  ['SKIP REMAINING IF', skip],
  [
    'MEMORY',
    fc.integer({ min: 1, max: 64 }).map((count) => ({ fields: { megabytes: count * 1024 }, words: [`${count}G`] })),
  ],
  ['WORKDIR', word(guestPath).map(([text, written]) => ({ fields: { folder: text }, words: [written] }))],
  ['USER', fc.stringMatching(/^[a-z_][a-z0-9_-]{0,12}$/).map((text) => ({ fields: { name: text }, words: [text] }))],
  [
    'LABEL',
    phrase.map((text) => ({
      fields: { labels: [{ key: 'display_name', value: text }] },
      words: [`display_name="${text}"`],
    })),
  ],
  ['CLONE', clone],
];

const gap = fc.constantFrom(' ', ' ', '  ', '\t', ' \\\n  ', '\\\n', ' \\ \n# why\n\t');

/** One instruction of any kind that can be run, with odd blanks and line breaks between its words. */
export const spelledInstruction: fc.Arbitrary<SpelledInstruction> = fc
  .constantFrom(...MEANINGS)
  .chain(([kind, meaning]) =>
    fc.tuple(meaning, fc.array(gap, { minLength: 16, maxLength: 16 })).map(([{ fields, words }, gaps]) => ({
      fields: { kind, ...fields },
      source: [...kind.split(' '), ...words]
        .map((text, index) => (index === 0 ? text : `${gaps[index % gaps.length] ?? ' '}${text}`))
        .join(''),
    })),
  );
