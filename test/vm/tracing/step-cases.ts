import { holds, reruns, type TracingRow } from './tracing-case.ts';

/** What is observed in which step. */
export const STEP_ROWS: readonly TracingRow[] = [
  {
    title: 'a file that two steps read runs both again: what a lineage knows is in the key of each of its steps',
    cases: [
      {
        name: 'read-twice',
        make: (folder) => folder.write('f', 'one\n').write('g', 'two\n'),
        steps: [
          { run: 'cat f', prints: 'one\n', observes: ['content f'] },
          { run: 'cat f g', prints: 'one\ntwo\n', observes: ['content g'] },
        ],
        edits: [
          reruns('content f', 'what both read is edited', (folder) => folder.write('f', 'two\n')),
          reruns('content g', 'what the second read is edited', (folder) => folder.write('g', 'one\n'), 1),
        ],
      },
      {
        name: 'looked-at-more-closely-each-time',
        make: (folder) => folder.write('d/f', 'one\n'),
        steps: [
          { run: 'ls', prints: 'd\n', observes: ['listing .'] },
          { run: 'ls d; cat d/g 2>/dev/null', prints: 'f\n', observes: ['listing d'] },
          { run: 'stat -c %s d/f', prints: '4\n', observes: ['stat d/f'] },
          { run: 'cat d/f', prints: 'one\n', observes: ['content d/f'] },
          { run: 'cat d/f; ls d; stat -c %s d/f', observes: [] },
        ],
        edits: [
          reruns('content d/f', 'to the same size', (folder) => folder.write('d/f', 'two\n'), 3),
          reruns('stat d/f', 'to another size', (folder) => folder.write('d/f', 'longer\n'), 2),
          reruns('listing d', 'a file beside it', (folder) => folder.write('d/g'), 1),
          reruns('listing .', 'a file above it', (folder) => folder.write('g')),
        ],
      },
      {
        name: 'cached-names',
        make: (folder) => folder.write('f', 'one\n'),
        steps: [
          { run: 'test -e missing; cat f', prints: 'one\n', observes: ['absent missing', 'content f'] },
          { run: 'sync; echo 3 > /proc/sys/vm/drop_caches; test -e missing; cat f', prints: 'one\n', observes: [] },
        ],
        edits: [reruns('absent missing', 'a name that both looked for appears', (folder) => folder.write('missing'))],
      },
    ],
  },
  {
    title: 'what a background process reads belongs to the step it reads in',
    cases: [
      {
        name: 'background',
        make: (folder) => folder.write('early', 'early\n').write('late', 'late\n'),
        steps: [
          {
            run: `mkfifo /run/ask /run/answer
setsid bash -c 'read -r < <(cat early); read -r _ < /run/ask; cat late > /run/read; echo done > /run/answer' >/run/background.log 2>&1 &
cat early`,
            prints: 'early\n',
            observes: ['content early'],
          },
          {
            run: 'echo; echo > /run/ask; read -r answer < /run/answer; cat /run/read',
            prints: '\nlate\n',
            observes: ['content late'],
          },
        ],
        edits: [
          reruns(
            'content late',
            'what it read in the second step is edited',
            (folder) => folder.write('late', 'edit\n'),
            1,
          ),
          holds('what nobody read appears', (folder) => folder.write('other')),
        ],
      },
    ],
  },
];
