import { PROBE } from './case-batch.ts';
import type { CaseFolder } from './case-folder.ts';
import { holds, looking, reruns, type TracingRow } from './tracing-case.ts';

const abc = (folder: CaseFolder): CaseFolder => folder.write('ab', 'one').write('c', 'two').write('sub/x', 'three');
const one = (folder: CaseFolder): CaseFolder => folder.write('f', 'one\n');
const script = (folder: CaseFolder): CaseFolder => folder.write('tool', '#!/bin/sh\necho ran\n');
const LISTING_EDITS = [
  reruns('listing .', 'a file is added', (folder) => folder.write('d')),
  reruns('listing .', 'a file is removed', (folder) => folder.remove('c')),
  reruns('listing .', 'a file becomes a folder', (folder) => folder.remove('c').makeFolder('c')),
  reruns('listing .', 'a file becomes a link', (folder) => folder.makeLink('c', 'ab')),
  reruns('listing .', 'the same letters make other names', (folder) => folder.rename('ab', 'a').rename('c', 'bc')),
  holds('a file is edited', (folder) => folder.write('c', 'longer than before')),
  holds('a file becomes executable', (folder) => folder.chmod('c', 0o755)),
  holds('a folder in it gains a file', (folder) => folder.write('sub/y')),
];

/** What is learned of names, folders and attributes. */
export const LOOK_ROWS: readonly TracingRow[] = [
  {
    title: 'a name that was probed and missing runs the step again when it appears',
    cases: [
      looking(
        'probed',
        (folder) => folder.write('there'),
        {
          run: 'test -e missing; echo $?; cat missing',
          prints: '1\ncat: missing: No such file or directory\n',
          observes: ['absent missing'],
        },
        [
          reruns('absent missing', 'a file appears', (folder) => folder.write('missing')),
          reruns('absent missing', 'a folder appears', (folder) => folder.makeFolder('missing')),
          reruns('absent missing', 'a link to nowhere appears', (folder) => folder.makeLink('missing', 'nowhere')),
          holds('another name appears', (folder) => folder.write('other')),
          holds('what else is there is edited', (folder) => folder.write('there', 'edited')),
        ],
      ),
      looking(
        'missing-parent',
        (folder) => folder.write('there'),
        { run: 'cat no/such/file no/such/other; test -d no/such', observes: ['absent no'] },
        [reruns('absent no', 'only the folder appears', (folder) => folder.makeFolder('no'))],
      ),
      looking(
        'below-a-file',
        (folder) => folder.write('file', 'text'),
        { run: 'cat file/below', prints: 'cat: file/below: Not a directory\n', observes: ['exists file'] },
        [
          holds('the file is edited', (folder) => folder.write('file', 'longer text')),
          reruns('exists file', 'the file becomes a folder', (folder) => folder.remove('file').write('file/below')),
        ],
      ),
      looking(
        'search-path',
        (folder) => folder.makeFolder('one').write('two/header.h', 'two').write('three/header.h', 'three'),
        {
          run: 'for d in one two three; do cat $d/header.h 2>/dev/null && break; done',
          prints: 'two',
          observes: ['exists one', 'absent one/header.h', 'exists two', 'content two/header.h'],
        },
        [
          reruns('absent one/header.h', 'it appears in an earlier folder', (folder) => folder.write('one/header.h')),
          holds('it changes in a later folder', (folder) => folder.write('three/header.h', 'edited')),
          holds('an earlier folder gains another file', (folder) => folder.write('one/other.h')),
        ],
      ),
    ],
  },
  {
    title: 'a folder that was listed runs the step again when a file is added, removed or becomes a folder',
    cases: [
      looking('ls', abc, { run: 'ls', prints: 'ab\nc\nsub\n', observes: ['listing .'] }, LISTING_EDITS),
      looking(
        'glob',
        abc,
        { run: 'echo *; echo s*/*', prints: 'ab c sub\nsub/x\n', observes: ['listing .', 'listing sub'] },
        [
          ...LISTING_EDITS.filter(({ what }) => what !== 'a folder in it gains a file'),
          reruns('listing sub', 'a folder that a pattern walked gains a file', (folder) => folder.write('sub/y')),
        ],
      ),
      looking(
        'an-empty-folder',
        (folder) => folder.makeFolder('empty'),
        { run: 'ls -A empty; rmdir empty', prints: '', observes: ['listing empty'] },
        [reruns('listing empty', 'it gains a file', (folder) => folder.write('empty/file'))],
      ),
    ],
  },
  {
    title:
      'a file that was only looked at with stat runs the step again when its size or exec bit changes, not its content',
    cases: [
      ...[
        { name: 'stat', run: 'stat -c "%s %A" f', prints: '4 -rw-rw-r--\n' },
        { name: 'test-s', run: 'test -s f && echo filled', prints: 'filled\n' },
        { name: 'statx', run: `${PROBE} statx f`, prints: 'size 4 links 1\n' },
        { name: 'access', run: 'test -r f && echo readable', prints: 'readable\n' },
      ].map(({ name, run, prints }) =>
        looking(name, one, { run, prints, observes: ['stat f'] }, [
          holds('the content changes, the size does not', (folder) => folder.write('f', 'two\n')),
          holds('a bit of its mode changes that is not the exec bit', (folder) => folder.chmod('f', 0o600)),
          reruns('stat f', 'the size changes', (folder) => folder.write('f', 'longer\n')),
          reruns('stat f', 'the exec bit changes', (folder) => folder.chmod('f', 0o755)),
          reruns('stat f', 'it becomes a folder', (folder) => folder.remove('f').makeFolder('f')),
          reruns('stat f', 'it goes', (folder) => folder.remove('f')),
        ]),
      ),
      looking('o-path', one, { run: `${PROBE} o-path f && echo found`, prints: 'found\n', observes: ['exists f'] }, [
        holds('the size changes: only the name was looked at', (folder) => folder.write('f', 'longer\n')),
        reruns('exists f', 'it goes', (folder) => folder.remove('f')),
      ]),
    ],
  },
  {
    title: 'a folder that was listed does not run the step again when one of its files is edited',
    cases: [
      ...[
        { name: 'listed', run: 'ls', prints: 'ab\nc\nsub\n', observes: ['listing .'] },
        { name: 'getdents', run: `${PROBE} names .`, prints: /^8 c$/m, observes: ['listing .'] },
        {
          name: 'find',
          run: 'find . -type f | sort',
          prints: './ab\n./c\n./sub/x\n',
          observes: ['listing .', 'listing sub'],
        },
        {
          name: 'listed-and-one-read',
          run: 'ls; cat ab',
          prints: 'ab\nc\nsub\none',
          observes: ['listing .', 'content ab'],
        },
      ].map(({ name, ...step }) =>
        looking(name, abc, step, [
          holds('a file is edited', (folder) => folder.write('c', 'longer than before')),
          holds('a file becomes executable', (folder) => folder.chmod('c', 0o755)),
          reruns('listing .', 'a file is added', (folder) => folder.write('d')),
        ]),
      ),
    ],
  },
  {
    title: 'an empty file that was read runs the step again when it gains content',
    cases: [
      looking(
        'empty',
        (folder) => folder.write('empty').write('copied').write('mapped'),
        {
          run: `cat empty; cp copied /tmp/copied; ${PROBE} mmap mapped; wc -c < empty`,
          prints: 'mmap: Invalid argument\n0\n',
          observes: ['stat empty', 'stat copied', 'stat mapped'],
        },
        ['empty', 'copied', 'mapped'].map((name) =>
          reruns(`stat ${name}`, `${name} gains content`, (folder) => folder.write(name, 'x')),
        ),
      ),
    ],
  },
  {
    title: 'the exec bit of a file that was read, executed or asked for it runs the step again when it flips',
    cases: [
      looking('read', script, { run: 'cat tool', observes: ['content tool'] }, [
        reruns('content tool', 'it is set', (folder) => folder.chmod('tool', 0o755)),
      ]),
      looking(
        'executed',
        (folder) => script(folder).chmod('tool', 0o755),
        { run: './tool', prints: 'ran\n', observes: ['content tool'] },
        [reruns('content tool', 'it is taken away', (folder) => folder.chmod('tool', 0o644))],
      ),
      ...[
        { name: 'test-x', run: 'test -x tool; echo $?', prints: '1\n', observes: ['stat tool'] },
        {
          name: 'access-x',
          run: `${PROBE} access-x tool`,
          prints: 'access: Permission denied\n',
          observes: ['stat tool'],
        },
        { name: 'refused', run: './tool; echo $?', prints: /Permission denied\n126\n$/, observes: ['stat tool'] },
        {
          name: 'listed-then-test-x',
          run: 'ls; test -x tool; echo $?',
          prints: 'tool\n1\n',
          observes: ['listing .', 'stat tool'],
        },
        {
          name: 'test-x-of-a-user',
          run: 'setpriv --reuid 1234 --regid 1234 --clear-groups test -x tool; echo $?',
          prints: '1\n',
          observes: ['stat tool'],
        },
      ].map(({ name, ...step }) =>
        looking(name, script, step, [reruns('stat tool', 'it is set', (folder) => folder.chmod('tool', 0o755))]),
      ),
    ],
  },
];

/**
 * What cannot be seen: the kernel learns a file's size with its name, since a size that is wrong until it is asked for would
 * cut short whoever has the file mapped. A program that asks for what the kernel happens to know gets it unobserved.
 */
export const UNSEEN: TracingRow = {
  title: 'a program that asks the kernel for what it happens to know of a file is observed',
  cases: [
    looking('statx-cached', one, { run: `${PROBE} statx-cached f`, prints: 'size 4 links 1\n', observes: ['stat f'] }, [
      reruns('stat f', 'the size changes', (folder) => folder.write('f', 'longer\n')),
    ]),
  ],
};
