import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { becomesTrue, processesNaming } from '../../helpers/processes.ts';
import { ANY_TRACER, TracedProject, traceTest, traceTestAs } from './traced-project.ts';

const FILES = { 'src/a.c': 'a', 'src/b.c': 'bb', 'lib/x/y': 'y', README: 'read me\n' };

/** A word that only the processes of one test have in their command line: `sleep` takes it for a time. */
let lastTime = 100_000_000 + process.pid;

function ownTime(): string {
  return String(++lastTime);
}

traceTest('whatever the command writes, the workspace stays as it is', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const before = project.tree();
  const script = `echo more >> README && cat README && echo new > src/new && rm src/a.c && chmod 755 src/b.c && touch lib/x/y &&
    ln -s README link && mkdir deep && mv lib deep/lib && cat deep/lib/x/y && : > deep/lib/x/y && rm -r src && mkdir src && ls src`;
  const ended = await project.trace(['--', 'sh', '-c', script]);
  t.is(ended.exitCode, 0, ended.stderr);
  t.is(ended.stdout, 'read me\nmore\ny');
  t.deepEqual(project.tree(), before);
  t.regex(ended.stderr, /^layer: it wrote \d files and removed \d names? in the workspace: dropped/m);
  t.deepEqual(readdirSync(project.temporary), []);
});

traceTest('a build works, with its times, and leaves nothing', async (t, tracer) => {
  using project = TracedProject.ofExample(tracer, 'c-project');
  const before = project.tree();
  const ended = await project.trace(['--', 'sh', '-c', 'make test && make && touch src/count.h && make']);
  t.is(ended.exitCode, 0, ended.stderr);
  t.regex(ended.stdout, /all tests passed\nmake: 'wordcount' is up to date\.\ncc [^]*count\.c\ncc /);
  t.regex(ended.stderr, /it wrote 4 files in the workspace: dropped/);
  t.deepEqual(project.tree(), before);
});

traceTest('a folder of the workspace can be renamed where overlayfs can do it', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const ended = await project.trace([
    '--',
    'perl',
    '-e',
    'rename("lib", "moved") or die "$!\\n"; print -e "moved/x/y"',
  ]);
  if (tracer === 'root') t.is(ended.stdout, '1', ended.stderr);
  // In a user namespace it is EXDEV, on which mv copies.
  else t.regex(ended.stderr, /cross-device link/);
});

traceTest('it ends as the command does: with its code, or 128 and the signal', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  t.is((await project.trace(['--', 'sh', '-c', 'exit 7'])).exitCode, 7);
  const killed = await project.trace(['--', 'sh', '-c', 'kill -TERM $$']);
  t.is(killed.exitCode, 143);
  t.regex(killed.stderr, /ended by SIGTERM/);
});

traceTestAs(ANY_TRACER, 'a command that cannot be started is 127 or 126', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const missing = await project.trace(['--', 'no-such-program']);
  t.deepEqual([missing.exitCode, missing.stdout], [127, '']);
  t.is(missing.stderr, 'layer: Cannot run `no-such-program`: there is no such program\n');
  const refused = await project.trace(['--', './README']);
  t.is(refused.exitCode, 126);
  t.regex(refused.stderr, /cannot be executed \(EACCES\)/);
  t.deepEqual(readdirSync(project.temporary), []);
});

traceTestAs(ANY_TRACER, "stdin, stdout and stderr are the command's own", async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const ended = await project.trace(['--', 'sh', '-c', 'cat; echo problem >&2'], { input: 'from outside' });
  t.is(ended.stdout, 'from outside');
  t.regex(ended.stderr, /^problem\n/);
});

traceTestAs(
  ANY_TRACER,
  "a report on stdout sends the command's stdout to stderr, one in a file does not",
  async (t, tracer) => {
    using project = TracedProject.of(tracer, FILES);
    const piped = await project.trace(['--format', 'json', '--', 'cat', 'README']);
    t.is(piped.stderr, 'read me\n');
    t.like(JSON.parse(piped.stdout), { command: ['cat', 'README'], exitCode: 0, signal: null, written: 0 });
    const filed = await project.trace(['--format', 'paths', '--output', '../tmp/paths', '--', 'cat', 'README']);
    t.is(filed.stdout, 'read me\n');
    t.is(filed.stderr, '');
    t.true(existsSync(join(project.temporary, 'paths')));
  },
);

traceTest('Ctrl-C is for the command, which gets it once', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const script = `trap 'echo caught' INT; trap 'echo ended; exit 5' TERM; echo ready; while :; do sleep ${ownTime()} & wait $!; done`;
  const { child, ended, says } = project.start(['--', 'sh', '-c', script]);
  await says('ready');
  process.kill(-child.pid!, 'SIGINT');
  await says('caught');
  // To layer alone: it is passed on.
  child.kill('SIGTERM');
  const { exitCode, stdout } = await ended;
  t.is(exitCode, 5);
  t.is(stdout, 'ready\ncaught\nended\n');
});

traceTest('what the command leaves running is ended and told', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const time = ownTime();
  const ended = await project.trace(['--', 'sh', '-c', `(setsid sleep ${time} &); sleep ${time} &`]);
  t.is(ended.exitCode, 0);
  t.regex(ended.stderr, /^layer: 2 processes that it left running were ended$/m);
  t.deepEqual(processesNaming(time), []);
});

traceTest('when layer is killed, everything ends and nothing is left', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const time = ownTime();
  const { child, ended, says } = project.start([
    '--',
    'sh',
    '-c',
    `setsid sleep ${time} & echo x > src/new; echo ready; sleep ${time}`,
  ]);
  await says('ready');
  t.true(processesNaming(time).length > 0);
  process.kill(child.pid!, 'SIGKILL');
  t.is((await ended).signalName, 'SIGKILL');
  t.true(await becomesTrue(() => processesNaming(time).length === 0 && readdirSync(project.temporary).length === 0));
});

traceTestAs(ANY_TRACER, 'an edit while the command runs is told', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  const { child, ended, says } = project.start(['--', 'sh', '-c', 'cat README; read go']);
  await says('read me');
  project.write('README', 'edited');
  child.stdin.end('go\n');
  t.regex((await ended).stderr, /^layer: README changed while it ran/m);
});

traceTestAs(
  'root',
  'where the temporary folder cannot lie below an overlay, memory takes what is written',
  async (t, tracer) => {
    using project = TracedProject.of(tracer, FILES);
    const script = `mount -t tmpfs none "$0" && mkdir "$0/up" "$0/work" "$0/merged" &&
    mount -t overlay none -o "lowerdir=/etc,upperdir=$0/up,workdir=$0/work" "$0/merged" && exec "$@"`;
    const ended = await project.trace(['--', 'sh', '-c', 'echo more >> README; cat README'], {
      inNamespace: ['sh', '-c', script, project.temporary],
      environment: { TMPDIR: join(project.temporary, 'merged') },
    });
    t.is(ended.stdout, 'read me\nmore\n', ended.stderr);
    t.regex(ended.stderr, /it wrote 1 file/);
  },
);

traceTestAs('user', 'a file that the user may not read is refused, and the report says so', async (t, tracer) => {
  using project = TracedProject.of(tracer, FILES);
  if (process.getuid?.() === 0) {
    writeFileSync(join(project.folder, 'secret'), 'x', { mode: 0o600 });
  } else {
    project.write('secret', 'x');
    chmodSync(join(project.folder, 'secret'), 0);
  }
  const ended = await project.trace(['--', 'cat', 'secret']);
  t.is(ended.exitCode, 1);
  t.regex(ended.stderr, /secret: Permission denied/);
  t.regex(ended.stderr, /^layer: not all of it could be traced: Cannot read secret$/m);
});

const closed = 'where the device may not be opened, it says why and what to do, with 3';
if (process.getuid?.() !== 0) test.skip(`${closed} (skipped: only root can close the device)`, () => undefined);
else
  traceTestAs('user', closed, async (t, tracer) => {
    using project = TracedProject.of(tracer, FILES);
    const ended = await project.trace(['--', 'ls'], { deviceMode: '600' });
    t.is(ended.exitCode, 3);
    t.regex(
      ended.stderr,
      /^layer: Cannot trace: This user may not open \/dev\/fuse: .*\n {2}hint: Run as root: chmod 666/,
    );
    t.deepEqual(readdirSync(project.temporary), []);
  });

test('the root of the system is no workspace', async (t) => {
  using project = TracedProject.of(ANY_TRACER, {});
  const ended = await project.trace(['-C', '/', '--', 'ls']);
  t.is(ended.exitCode, 2);
  t.regex(ended.stderr, /The workspace would be \//);
});
