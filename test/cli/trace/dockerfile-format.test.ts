import test from 'ava';

import { dockerfileText } from '../../../cli/trace/dockerfile-format.ts';
import type { CopyPlan } from '../../../runner/index.ts';
import { copyPlan, path } from './ended-trace.ts';

function paths(...names: readonly string[]): CopyPlan['names'] {
  return names.map(path);
}

function text(copies: CopyPlan, words: readonly string[] = ['make'], folder = ''): string {
  return dockerfileText(words, { copies, folder: path(folder) });
}

/** The lines of the Dockerfile, and those of the `.dockerignore`. */
function sections(copies: CopyPlan): readonly (readonly string[])[] {
  return text(copies)
    .split(/^# ----.*\n/m)
    .slice(1)
    .map((section) => section.trim().split('\n'));
}

test('a Dockerfile has a COPY for each folder, and the .dockerignore lets in nothing else', (t) => {
  const copies = copyPlan({
    folders: paths('lib'),
    files: [
      { folder: path(''), paths: paths('Makefile', 'version') },
      { folder: path('src'), paths: paths('src/a.c') },
    ],
  });
  t.is(
    text(copies, ['make', 'all']),
    `# What this needs of the workspace: make all

# ---- Dockerfile, after WORKDIR ----
COPY lib/ lib/
COPY Makefile version ./
COPY src/a.c src/
# RUN ["make","all"]

# ---- .dockerignore ----
*
!Makefile
!lib
!src/a.c
!version
`,
  );
});

test('names, links and empty folders are made by one RUN', (t) => {
  const copies = copyPlan({
    names: paths('README', "it's/here"),
    links: [{ path: path('l'), target: '../x y' }],
    emptyFolders: paths('tmp', "it's/here/too"),
  });
  t.deepEqual(sections(copies)[0], [
    `RUN mkdir -p -- 'it'\\''s/here/too' tmp && \\`,
    `    touch -- README 'it'\\''s/here' && \\`,
    `    ln -s -- '../x y' l`,
    '# RUN ["make"]',
  ]);
});

test('what no COPY may bring is told in comments', (t) => {
  const copies = copyPlan({
    absent: paths('.env', 'a\nb'),
    ignored: paths('node_modules'),
    specials: paths('socket'),
    files: [{ folder: path(''), paths: paths('line\nfeed') }],
  });
  t.is(
    text(copies).split('\n\n')[0],
    `# What this needs of the workspace: make
# Looked for and not there, so it must stay away:
#   .env
#   a\\nb
# Ignored by git or .layerignore: make it in an earlier RUN, or copy it too:
#   node_modules
# FIFOs, sockets and devices, which cannot be copied:
#   socket
# Names that a Dockerfile cannot hold:
#   line\\nfeed`,
  );
});

test('long lists of absent names are cut short', (t) => {
  const copies = copyPlan({ absent: paths(...Array.from({ length: 50 }, (_, index) => `x${index}`)) });
  t.regex(text(copies), /\n#   x19\n#   and 30 more\n\n/);
});

test('names that mean something to COPY or to patterns are escaped', (t) => {
  const names = ['$HOME', "it's", 'a"b', 'a\\b', 'star*', '[x]', 'what?', '-flag', '<<EOF'];
  const [lines, ignore] = sections(copyPlan({ files: [{ folder: path(''), paths: paths(...names) }] }));
  t.is(lines?.[0], `COPY \\$HOME it\\'s a\\"b a[\\\\\\\\]b star[*] [[]x] what[?] ./-flag ./<<EOF ./`);
  t.deepEqual(ignore, [
    ...['*'],
    ...['!$HOME', '!-flag', '!<<EOF', '!\\[x]', '!a"b', '!a\\\\b', "!it's", '!star\\*', '!what\\?'],
  ]);
});

test('names with blanks make the JSON form', (t) => {
  const [lines] = sections(copyPlan({ files: [{ folder: path('a b'), paths: paths('a b/$x', 'a b/c') }] }));
  t.is(lines?.[0], String.raw`COPY ["a b/\\$x","a b/c","a b/"]`);
});

test('long lines are continued', (t) => {
  const names = Array.from({ length: 30 }, (_, index) => `file-${index}`);
  const [lines] = sections(copyPlan({ files: [{ folder: path(''), paths: paths(...names) }] }));
  const copy = lines?.slice(0, -1) ?? [];
  t.true(copy.length > 1);
  t.true(copy.every((line) => line.length <= 80));
  t.is(copy.map((line) => line.replace(/ \\$/, '').trim()).join(' '), `COPY ${names.join(' ')} ./`);
});

test('a workspace that is needed as a whole needs no .dockerignore', (t) => {
  const [lines, ignore] = sections(copyPlan({ folders: paths('') }));
  t.is(lines?.[0], 'COPY ./ ./');
  t.deepEqual(ignore, ['# All of the workspace is needed.']);
});

test('a command that starts in a folder gets it as its WORKDIR', (t) => {
  t.regex(text(copyPlan(), ['npm', 'test'], 'web/app'), /\nWORKDIR web\/app\n# RUN \["npm","test"\]\n/);
});
