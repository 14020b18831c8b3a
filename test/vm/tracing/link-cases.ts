import { PROBE } from './case-batch.ts';
import type { CaseFolder } from './case-folder.ts';
import { holds, looking, reruns, type TracingCase, type TracingRow } from './tracing-case.ts';

const two = (folder: CaseFolder): CaseFolder => folder.write('one', 'same\n').write('two', 'same\n');

/** Symlinks. `secret` is a file of the host, outside of the workspace; the guest has `/etc/hostname` of its own. */
export function linkRow(secret: string): TracingRow {
  return {
    title: 'a symlink runs the step again when it is retargeted: each hop is observed, and the host follows none',
    cases: [...HOPS, ...outside(secret)],
  };
}

const HOPS: readonly TracingCase[] = [
  looking(
    'link',
    (folder) => two(folder).makeLink('link', 'one'),
    { run: 'cat link', prints: 'same\n', observes: ['link link', 'content one'] },
    [
      reruns('link link', 'it leads to a file with the same content', (folder) => folder.makeLink('link', 'two')),
      reruns('content one', 'its target is edited', (folder) => folder.write('one', 'edit\n')),
      reruns('link link', 'it becomes the file itself', (folder) => folder.write('link', 'same\n')),
      holds('what it does not lead to is edited', (folder) => folder.write('two', 'edited\n')),
    ],
  ),
  looking(
    'chain',
    (folder) => two(folder).makeLink('a', 'b').makeLink('b', './c').makeLink('c', 'one'),
    { run: 'cat a', prints: 'same\n', observes: ['link a', 'link b', 'link c', 'content one'] },
    [
      reruns('link a', 'the first hop skips one', (folder) => folder.makeLink('a', 'c')),
      reruns('link b', 'the second is spelled in another way', (folder) => folder.makeLink('b', 'c')),
      reruns('link c', 'the last leads elsewhere', (folder) => folder.makeLink('c', 'two')),
    ],
  ),
  looking(
    'link-to-a-folder',
    (folder) => folder.write('real/file', 'text').write('other/file', 'text').makeLink('folder', 'real'),
    {
      run: 'cat folder/file; ls folder/',
      prints: 'textfile\n',
      observes: ['link folder', 'content real/file', 'listing real'],
    },
    [
      reruns('link folder', 'it leads to another folder', (folder) => folder.makeLink('folder', 'other')),
      reruns('listing real', 'the folder gains a file', (folder) => folder.write('real/new')),
      reruns('content real/file', 'the file is edited', (folder) => folder.write('real/file', 'edit')),
    ],
  ),
  looking(
    'link-to-a-missing-name',
    (folder) => folder.makeLink('link', 'nowhere'),
    {
      run: 'cat link; test -e link || echo dangles',
      prints: /No such file.*\ndangles\n/,
      observes: ['link link', 'absent nowhere'],
    },
    [reruns('absent nowhere', 'the name appears', (folder) => folder.write('nowhere'))],
  ),
  ...[
    { name: 'readlink', run: 'readlink link', prints: 'one\n' },
    { name: 'lstat', run: 'stat -c "%F %s" link; test -L link', prints: 'symbolic link 3\n' },
    { name: 'copied-as-a-link', run: 'cp -P link /tmp/link; readlink /tmp/link', prints: 'one\n' },
  ].map(({ name, run, prints }) =>
    looking(name, (folder) => two(folder).makeLink('link', 'one'), { run, prints, observes: ['link link'] }, [
      reruns('link link', 'it leads elsewhere', (folder) => folder.makeLink('link', 'two')),
      holds('its target is edited', (folder) => folder.write('one', 'edited')),
      holds('its target goes', (folder) => folder.remove('one')),
    ]),
  ),
  looking('file-becomes-a-link', two, { run: 'cat one', observes: ['content one'] }, [
    reruns('content one', 'a file becomes a link to one that is equal', (folder) => folder.makeLink('one', 'two')),
  ]),
  looking(
    'up-and-down',
    (folder) => folder.write('file', 'text').makeLink('sub/deep/link', '../.././file'),
    {
      run: `cat sub/deep/link; ${PROBE} mmap sub/deep/link`,
      prints: 'texttext',
      observes: ['exists sub', 'exists sub/deep', 'link sub/deep/link', 'content file'],
    },
    [reruns('content file', 'the file is edited', (folder) => folder.write('file', 'edit'))],
  ),
];

function outside(secret: string): readonly TracingCase[] {
  return [
    looking(
      'link-out-by-an-absolute-path',
      (folder) => folder.makeLink('secret', secret).makeLink('name', '/etc/hostname'),
      {
        run: 'cat secret; cmp name /etc/hostname && echo its own',
        prints: 'cat: secret: No such file or directory\nits own\n',
        observes: ['link secret', 'link name'],
      },
      [reruns('link name', 'it leads elsewhere', (folder) => folder.makeLink('name', '/etc/passwd'))],
    ),
    looking(
      'link-out-by-dots',
      (folder) =>
        folder.makeLink('secret', `${'../'.repeat(30)}${secret.slice(1)}`).makeLink('etc', `${'../'.repeat(30)}etc`),
      {
        run: 'cat secret; cmp etc/hostname /etc/hostname && echo its own',
        prints: 'cat: secret: No such file or directory\nits own\n',
        observes: ['link secret', 'link etc'],
      },
      [reruns('link etc', 'it leads elsewhere', (folder) => folder.makeLink('etc', '/usr'))],
    ),
  ];
}
