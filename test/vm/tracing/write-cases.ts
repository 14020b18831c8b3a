import type { CaseFolder } from './case-folder.ts';
import { holds, looking, reruns, type TracingCase, type TracingRow } from './tracing-case.ts';

const tree = (folder: CaseFolder): CaseFolder =>
  folder.write('f', 'one\n').write('d/a', 'a\n').write('d/b', 'b\n').write('d/sub/c', 'c\n').write('other', 'o\n');

/** Of the untouched folder, what the look at the result observes. */
const ALL = ['listing .', 'listing d', 'listing d/sub', 'stat d/a', 'stat d/b', 'stat d/sub/c', 'stat f'];

interface Change {
  readonly observes: readonly string[];
  /** `find` of what is there then, folders without sizes. */
  readonly shows: readonly string[];
  /** What the look at it is not the first to observe, or does not see any more. */
  readonly known: readonly string[];
  readonly edits?: TracingCase['edits'];
}

/** What a step does to the folder. The next one looks at the result. */
function changing(name: string, run: string, { shows, observes, known, edits = [] }: Change): TracingCase {
  const find = `find f* d* -printf '%p %y %s\\n' 2>/dev/null | sed -E 's/ d [0-9]+$/ d/' | sort`;
  const looks = ALL.filter((seen) => !known.includes(seen));
  const steps = [
    { run, prints: '', observes },
    { run: find, prints: `${shows.join('\n')}\n`, observes: looks },
  ];
  return { name, make: tree, steps, edits };
}

/** What the guest writes. */
export const WRITE_ROWS: readonly TracingRow[] = [
  {
    title: 'what a step wrote itself is no observation when it is read back',
    cases: [
      looking(
        'own-outputs',
        (folder) => folder.write('in', 'text'),
        {
          run: 'mkdir -p build/deep; cat in > build/out; cat build/out; ls build; test -e build/nothing; find build | wc -l',
          prints: 'textdeep\nout\n3\n',
          observes: ['content in', 'absent build'],
        },
        [
          reruns('content in', 'its input changes', (folder) => folder.write('in', 'edit')),
          reruns('absent build', 'what it made is in the workspace already', (folder) => folder.write('build/out')),
        ],
      ),
      {
        name: 'own-outputs-in-a-later-step',
        make: (folder) => folder.write('in', 'text'),
        steps: [
          { run: 'sed s/text/TEXT/ in > out', observes: ['content in', 'absent out'] },
          { run: 'cat out; echo more >> out; cat out; wc -c < out', prints: 'TEXTTEXTmore\n9\n', observes: [] },
        ],
        edits: [reruns('content in', 'its input changes', (folder) => folder.write('in', 'edit'))],
      },
      looking(
        'overwritten',
        (folder) => folder.write('f', 'from the workspace\n'),
        {
          run: 'echo new > f; cat f; rm f; ls; echo newer > f; cat f',
          prints: 'new\nnewer\n',
          observes: ['listing .', 'stat f'],
        },
        [holds('what was overwritten unread is edited', (folder) => folder.write('f', 'from my workspace \n'))],
      ),
    ],
  },
  {
    title: 'rm -rf, rename, append, truncate and chmod of what was copied work, and leave the workspace as it is',
    cases: [
      changing('removes-a-folder', 'rm -rf d', {
        observes: ['listing d', 'listing d/sub'],
        shows: ['f f 4'],
        known: ALL.slice(1, -1),
        edits: [
          reruns('listing d', 'it gains a file', (folder) => folder.write('d/new')),
          holds('what was in it is edited', (folder) => folder.write('d/a', 'edited\n')),
        ],
      }),
      changing('removes-a-file', 'rm f d/a', {
        observes: ['exists d', 'stat d/a', 'stat f'],
        shows: ['d d', 'd/b f 2', 'd/sub d', 'd/sub/c f 2'],
        known: ['stat d/a', 'stat f'],
        edits: [holds('what was removed unread is edited', (folder) => folder.write('f', 'two\n'))],
      }),
      changing('renames-a-file', 'mv f d/f', {
        observes: ['absent d/f', 'content f', 'exists d'],
        shows: ['d d', 'd/a f 2', 'd/b f 2', 'd/f f 4', 'd/sub d', 'd/sub/c f 2'],
        known: ['stat f'],
        edits: [reruns('content f', 'what was renamed is edited', (folder) => folder.write('f', 'two\n'))],
      }),
      changing('renames-a-folder', 'mv d d2', {
        observes: ['absent d2', 'exists d'],
        shows: ['d2 d', 'd2/a f 2', 'd2/b f 2', 'd2/sub d', 'd2/sub/c f 2', 'f f 4'],
        known: [],
        edits: [
          reruns('stat d/a', 'what the next step saw in it is edited', (folder) => folder.write('d/a', 'edit\n'), 1),
          reruns('absent d2', 'the new name is in the workspace already', (folder) => folder.makeFolder('d2')),
        ],
      }),
      changing('renames-over', 'mv f d/a; cat d/a > f2', {
        observes: ['absent f2', 'content f', 'exists d', 'stat d/a'],
        shows: ['d d', 'd/a f 4', 'd/b f 2', 'd/sub d', 'd/sub/c f 2', 'f2 f 4'],
        known: ['stat d/a', 'stat f'],
        edits: [holds('what was there unread is edited', (folder) => folder.write('d/a', 'b\n'))],
      }),
      changing('appends', 'echo more >> f; echo more >> d/sub/c', {
        observes: ['content d/sub/c', 'content f', 'exists d', 'exists d/sub'],
        shows: ['d d', 'd/a f 2', 'd/b f 2', 'd/sub d', 'd/sub/c f 7', 'f f 9'],
        known: ['stat d/sub/c', 'stat f'],
        edits: [reruns('content f', 'what was appended to is edited', (folder) => folder.write('f', 'two\n'))],
      }),
      changing('truncates', ': > f; truncate -s 1 d/a', {
        observes: ['content d/a', 'exists d', 'stat f'],
        shows: ['d d', 'd/a f 1', 'd/b f 2', 'd/sub d', 'd/sub/c f 2', 'f f 0'],
        known: ['stat d/a', 'stat f'],
        edits: [
          reruns('content d/a', 'what was kept in part is edited', (folder) => folder.write('d/a', 'b\n')),
          holds('what was thrown away unread is edited', (folder) => folder.write('f', 'two\n')),
        ],
      }),
      changing('chmods', 'chmod 700 f d; test -x f', {
        observes: ['content f', 'exists d'],
        shows: ['d d', 'd/a f 2', 'd/b f 2', 'd/sub d', 'd/sub/c f 2', 'f f 4'],
        known: ['stat f'],
        edits: [reruns('content f', 'it is edited', (folder) => folder.write('f', 'two\n'))],
      }),
      changing('links', 'ln f f2; ln -s f f3; echo more >> f2', {
        observes: ['absent f2', 'absent f3', 'content f'],
        shows: ['d d', 'd/a f 2', 'd/b f 2', 'd/sub d', 'd/sub/c f 2', 'f f 9', 'f2 f 9', 'f3 l 1'],
        known: ['stat f'],
      }),
      changing('edits-in-place', 'sed -i s/one/two/ f', {
        observes: ['absent sedXXXXXX', 'content f'],
        shows: ['d d', 'd/a f 2', 'd/b f 2', 'd/sub d', 'd/sub/c f 2', 'f f 4'],
        known: ['stat f'],
      }),
      changing('makes-a-folder-a-file-and-back', 'rm -r d; echo text > d; rm f; mkdir f; echo text > f/in', {
        observes: ['listing d', 'listing d/sub', 'stat f'],
        shows: ['d f 5', 'f d', 'f/in f 5'],
        known: ALL.slice(1),
      }),
      changing('touches', 'touch f d', {
        observes: ['content f', 'exists d'],
        shows: ['d d', 'd/a f 2', 'd/b f 2', 'd/sub d', 'd/sub/c f 2', 'f f 4'],
        known: ['stat f'],
      }),
    ],
  },
];
