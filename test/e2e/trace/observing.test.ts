import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ANY_TRACER, TracedProject, traceTest, traceTestAs } from './traced-project.ts';

const FILES = { 'src/a.c': 'a', 'src/b.c': 'bb', README: 'read me\n', '.gitignore': 'out/\n*.log\n' };

traceTest('listing a folder observes its names, and shows files as they are', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const script = `stat -c '%n %A %u %g %s %i %y %z' README src/* && ls -A`;
  const traced = await project.trace(['--format', 'paths', '-o', '../tmp/report', '--', 'sh', '-c', script]);
  t.is(traced.stdout, execFileSync('sh', ['-c', script], { cwd: project.folder, encoding: 'utf8' }));
  t.deepEqual(await project.observed('ls', 'src'), ['listing\t-\tsrc']);
});

traceTest('reading a file observes its content, and nothing else of its folder', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  t.deepEqual(await project.observed('cat', 'src/a.c'), ['exists\t-\tsrc', 'content\t-\tsrc/a.c']);
  t.deepEqual(await project.observed('test', '-s', 'README'), ['stat\t-\tREADME']);
});

traceTest('a name that is not there is observed, and the command sees that it is not', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const ended = await project.trace(['--format', 'paths', '--', 'test', '-e', 'missing/file']);
  t.is(ended.exitCode, 1);
  t.is(ended.stdout, 'absent\t-\tmissing\n');
});

traceTest('what git ignores is there, and marked', async (t, tracer) => {
  using project = TracedProject.of(tracer, { ...FILES, 'out/tool': 'x', 'trace.log': 'y' });
  t.deepEqual(await project.observed('cat', 'out/tool', 'trace.log', 'README'), [
    'content\t-\tREADME',
    'exists\tignored\tout',
    'content\tignored\tout/tool',
    'content\tignored\ttrace.log',
  ]);
});

traceTest('git status finds its index true: it reads no file', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  // Files touched in the second that the index was written in are read again (racy-git): not these.
  execFileSync(
    'sh',
    ['-c', `touch -d '1 hour ago' README src/*; git -c safe.directory='*' update-index -q --refresh`],
    {
      cwd: project.folder,
    },
  );
  const observed = await project.observed('git', '-c', 'safe.directory=*', 'status', '--short');
  const read = observed.filter((line) => line.startsWith('content') && !line.includes('.git'));
  t.deepEqual(read, []);
  t.true(observed.some((line) => /^stat\t-\tsrc\/a\.c$/.test(line)));
});

traceTest('links are observed by their targets, wherever these are', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const links = { file: 'src/a.c', folder: 'src', outside: '/etc/hostname', dangling: 'nowhere' };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(project.folder, name));
  t.deepEqual(await project.observed('cat', 'file', 'folder/b.c', 'outside'), [
    'link\t-\tfile',
    'link\t-\tfolder',
    'link\t-\toutside',
    'exists\t-\tsrc',
    'content\t-\tsrc/a.c',
    'content\t-\tsrc/b.c',
  ]);
  const dangling = await project.trace(['--format', 'paths', '--', 'cat', 'dangling']);
  t.is(dangling.stdout, 'link\t-\tdangling\nabsent\t-\tnowhere\n');
});

traceTest(
  'programs of the workspace run, static ones and scripts, and mapped files are observed',
  async (t, tracer) => {
    using project = TracedProject.of(tracer, { ...FILES, 'map.c': MAPPING_PROGRAM });
    execFileSync('musl-gcc', ['-static', '-o', 'map', 'map.c'], { cwd: project.folder });
    project.write('script', '#!/bin/sh\n./map README\n', 0o755);
    const ended = await project.trace(['--format', 'paths', '--', './script']);
    t.is(ended.exitCode, 0, ended.stderr);
    t.regex(ended.stderr, /^read me\n/);
    t.deepEqual(ended.stdout.split('\n').slice(0, -1).map(withoutStat), [
      'content\t-\tREADME',
      'content\t-\tmap',
      'content\t-\tscript',
    ]);
  },
);

/** Prints a file through a private mapping of it. */
const MAPPING_PROGRAM = `
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
int main(int count, char **arguments) {
  struct stat file;
  int descriptor = open(arguments[count - 1], O_RDONLY);
  fstat(descriptor, &file);
  char *text = mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  return text == MAP_FAILED || fwrite(text, 1, file.st_size, stdout) != (size_t)file.st_size;
}
`;

function withoutStat(line: string): string {
  return line.replace(',stat', '');
}

traceTest('a node program and the modules that it looks for are observed', async (t, tracer) => {
  using project = TracedProject.ofExample(tracer, 'node-app');
  project.write('.gitignore', 'node_modules/\n');
  project.write('node_modules/escape-html/index.js', 'module.exports = (text) => text;');
  project.write('node_modules/ms/index.js', 'module.exports = (number) => number + " ms";');
  const observed = await project.observed(process.execPath, '-e', 'require("./page.js")');
  const told = new Map(observed.map((line) => [line.slice(line.lastIndexOf('\t') + 1), line]));
  t.regex(told.get('page.js') ?? '', /^content.*\t-\t/);
  t.regex(told.get('node_modules/ms/index.js') ?? '', /^content.*\tignored\t/);
  t.regex(told.get('node_modules/ms/package.json') ?? '', /^absent\t-\t/);
  t.false(told.has('server.js'));
});

traceTestAs(
  ANY_TRACER,
  'names with blanks, line feeds and bytes that are no text are told exactly',
  async (t, tracer) => {
    using project = TracedProject.of(tracer, { 'a b': '1', 'line\nfeed': '2' });
    writeFileSync(Buffer.concat([Buffer.from(`${project.folder}/caf`), Buffer.from([0xe9])]), '3');
    t.deepEqual(await project.observed('sh', '-c', 'cat -- * >/dev/null'), [
      'listing\t-\t.',
      'content\t-\ta b',
      'content\t-\tcaf\\xe9',
      'content\t-\tline\\nfeed',
    ]);
  },
);

traceTestAs(
  ANY_TRACER,
  'a command in a subfolder starts there, and paths are told from the root',
  async (t, tracer) => {
    using project = TracedProject.of(tracer, FILES);
    const ended = await project.trace(
      ['--format', 'json', '-C', '../src', '--', 'sh', '-c', 'pwd; cat a.c ../README'],
      {
        folder: 'src',
      },
    );
    t.is(ended.stderr, `${join(project.folder, 'src')}\naread me\n`);
    const { folder, workspace, exitCode, observations } = JSON.parse(ended.stdout) as {
      readonly folder: string;
      readonly workspace: string;
      readonly exitCode: number;
      readonly observations: readonly { readonly path: string }[];
    };
    t.deepEqual([folder, workspace, exitCode], ['src', project.folder, 0]);
    t.deepEqual(
      observations.map(({ path }) => path),
      ['README', 'src', 'src/a.c'],
    );
  },
);

traceTestAs(ANY_TRACER, 'two traces of one workspace at once do not see each other', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const script = 'echo $0 > README && echo $0 >> new && sync new && cat README new';
  const both = await Promise.all(['one', 'two'].map((name) => project.trace(['--', 'sh', '-c', script, name])));
  t.deepEqual(
    both.map(({ stdout }) => stdout),
    ['one\none\n', 'two\ntwo\n'],
  );
});

traceTestAs(
  ANY_TRACER,
  'what the Dockerfile format brings is enough for the command, and nothing more is there',
  async (t, tracer) => {
    using project = TracedProject.ofExample(tracer, 'c-project');
    const { stdout } = await project.trace(['--format', 'dockerfile', '--', 'make', 'test']);
    using built = TracedProject.of(tracer, {});
    execFileSync('sh', ['-ec', asShell(stdout), 'sh', project.folder], { cwd: built.folder });
    t.deepEqual(names(built), [
      'Layerfile',
      'Makefile',
      'README.md',
      'src',
      'src/count.c',
      'src/count.h',
      'src/main.c',
      ...TEXTS,
    ]);
    t.regex(execFileSync('make', ['test'], { cwd: built.folder, encoding: 'utf8' }), /all tests passed/);
  },
);

const TEXTS = ['test', 'test/poem.expected', 'test/poem.txt'];

function names(project: TracedProject): readonly string[] {
  return Object.keys(project.tree()).filter((path) => path !== '.' && !/^\.git(\/|$)/.test(path));
}

/** The Dockerfile's lines as a shell script whose first argument is the context. All names are plain in this test. */
function asShell(text: string): string {
  const dockerfile = text.split(/^# ----.*\n/m)[1] ?? '';
  return dockerfile
    .replaceAll(' \\\n', ' ')
    .replaceAll(/^RUN /gm, '')
    .replaceAll(/^COPY (.+) (\S+\/)$/gm, (_, sources: string, folder: string) => {
      // A folder brings what is in it.
      const paths = sources.split(' ').map((path) => `"$1"/${path.replace(/\/$/, '/.')}`);
      return `mkdir -p ${folder} && cp -r ${paths.join(' ')} ${folder}`;
    });
}
