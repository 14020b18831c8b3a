import { PROBE } from './case-batch.ts';
import type { CaseFolder } from './case-folder.ts';
import { looking, reruns, type TracingCase, type TracingRow } from './tracing-case.ts';

const LONGEST = 'n'.repeat(255);
const STRANGE = ['a b', ' ', 'new\nline', '\xff\xfe', 'caf\xc3\xa9', '-rf', '*', '"\'\\$(x)`', '\x01\x1b[31m', LONGEST];
const DEEP = Array.from({ length: 13 }, (_, depth) => String(depth % 10).repeat(250));

/** What is not a plain file under a plain name. */
export const FILE_ROWS: readonly TracingRow[] = [
  {
    title: 'hard links have one link, and special files are listed but cannot be opened and never block',
    cases: [
      looking(
        'hard-links',
        (folder) => folder.write('a', 'text').makeHardLink('b', 'a'),
        {
          run: 'stat -c "%n %h" a b; cat a; tar -cf - a b | tar -tvf - | cut -c1',
          prints: 'a 1\nb 1\ntext-\n-\n',
          observes: ['content a', 'content b'],
        },
        [reruns('content a', 'it is edited through its other name', (folder) => folder.writeUnnoticed('b', 'edit'))],
      ),
      special('fifo', (folder) => folder.makeFifo('it')),
      special('socket', (folder) => folder.makeSocket('it')),
      ...(process.getuid?.() === 0 ? [special('device', (folder) => folder.makeNullDevice('it'))] : []),
    ],
  },
  {
    title: 'names with blanks, newlines, bytes that are no UTF-8, 255 bytes, and deep paths are kept byte by byte',
    cases: [
      looking(
        'strange-names',
        (folder) => STRANGE.forEach((name) => folder.write(name, `<${name.length}>`)),
        {
          run: `printf '%s\\0' * | od -An -v -tx1 | tr -d ' \\n'; cat -- *`,
          prints: `${hex(sorted(STRANGE))}${sorted(STRANGE)
            .map((name) => `<${name.length}>`)
            .join('')}`,
          observes: ['listing .', ...STRANGE.map((name) => `content ${name}`)],
        },
        [
          reruns('content new\nline', 'one is edited', (folder) => folder.write('new\nline', '<9>')),
          reruns('listing .', 'a letter is composed in another way', (folder) =>
            folder.rename('caf\xc3\xa9', 'cafe\xcc\x81'),
          ),
          reruns('listing .', 'a byte of a name changes', (folder) => folder.rename('\xff\xfe', '\xff\xfd')),
        ],
      ),
      looking(
        'strange-names-probed',
        (folder) => folder.write('sub/there'),
        {
          run: `cd sub; cat ${LONGEST} ${LONGEST}x $'\\xff'$'\\n' 2>&1 | grep -ac -e 'No such' -e 'too long'`,
          prints: '3\n',
          observes: ['exists sub', `absent sub/${LONGEST}`, 'absent sub/\xff\n'],
        },
        [reruns('absent sub/\xff\n', 'it appears', (folder) => folder.write('sub/\xff\n'))],
      ),
      looking(
        'deep',
        (folder) => folder.write([...DEEP, 'file'].join('/'), 'deep'),
        {
          run: `cat ${[...DEEP, 'file'].join('/')}; ${PROBE} mmap ${[...DEEP, 'file'].join('/')}`,
          prints: 'deepdeep',
          observes: [
            ...DEEP.map((_, depth) => `exists ${DEEP.slice(0, depth + 1).join('/')}`),
            `content ${[...DEEP, 'file'].join('/')}`,
          ],
        },
        [
          reruns(`content ${[...DEEP, 'file'].join('/')}`, 'it is edited', (folder) =>
            folder.write([...DEEP, 'file'].join('/'), 'edit'),
          ),
        ],
      ),
    ],
  },
];

function special(name: string, make: (folder: CaseFolder) => CaseFolder): TracingCase {
  return looking(
    name,
    make,
    {
      run: 'ls; timeout 20 cat it; echo $?; echo text | timeout 20 tee -a it >/dev/null; test -s it; echo $?',
      prints: /^it\ncat: it: No such device or address\n1\ntee: .*\n1\n$/,
      observes: ['listing .', 'stat it'],
    },
    [
      reruns('listing .', 'it becomes a file', (folder) => folder.write('it')),
      reruns('listing .', 'it goes', (folder) => folder.remove('it')),
    ],
  );
}

/** As bash sorts a glob in the C locale, each with a NUL behind it. */
function sorted(names: readonly string[]): readonly string[] {
  return [...names].sort();
}

function hex(names: readonly string[]): string {
  return Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1').toString('hex');
}
