import { rmSync } from 'node:fs';

import { createMemoryDigestMemo, digestObservation, openDirectoryWorkspace } from '../../../fs-tracer/index.ts';
import type { LookupResult, SnapshotStore } from '../../../snapshots/index.ts';
import { machineTest } from '../../helpers/machine-test.ts';
import { output } from '../../helpers/shared-base.ts';
import { CaseFolder } from './case-folder.ts';
import { openScratchStore, TracedSession } from './traced-session.ts';

const LAYERFILE = 'FROM vm/debian:12\nCOPY . /w/\nRUN looking\n';
const FILES = 1000;
/** After so many the reader says so, and the machine is paused while it goes on. */
const FIRST = 30;
/** Reads one file after the other, and so never rests; then waits to be asked for one that it had no need of. */
const READER = `for i in $(seq ${FILES}); do
  read -r line < many/$i; echo "$line"
  [ $i != ${FIRST} ] || echo > /run/some
done > /run/result
echo > /run/done`;
/** Two processes with a connection over loopback, which they use once before the machine is saved and once when asked. */
const CONNECTION = `use IO::Socket::INET; my $at = "127.0.0.1:7001";
my $server = IO::Socket::INET->new(LocalAddr => $at, Listen => 1) or die;
if (fork) { my $client = $server->accept; while (sysread $client, my $byte, 1) { syswrite $client, "answer $byte\\n" } exit }
my $connection = IO::Socket::INET->new($at) or die;
sub exchange { open my $asked, "<", "/run/ask"; my $line = <$asked>; chomp $line;
  syswrite $connection, $line; sysread $connection, my $answer, 100; open my $out, ">", "/run/answer"; print $out $answer }
exchange; exchange;`;
const LOOKS = `cd /w && mkfifo /run/ask /run/answer && mkfifo /run/some /run/done && cat file link/in && stat -c %s sized && ls listed && ! test -e missing
setsid bash -c '${READER}' </dev/null >/dev/null 2>&1 &
setsid perl -e '${CONNECTION}' </dev/null >/dev/null 2>&1 &
echo 1 > /run/ask; cat /run/answer
read -r _ < /run/some`;

const EDITS: readonly (readonly [observation: string, what: string, edit: (folder: CaseFolder) => unknown])[] = [
  ['absent missing', 'a name appears', (folder) => folder.write('missing')],
  ['listing listed', 'a listed folder gains a file', (folder) => folder.write('listed/new')],
  ['link link', 'a link leads to an equal folder', (folder) => folder.makeLink('link', 'other')],
  ['content file', 'the size stays', (folder) => folder.write('file', 'two\n')],
  ['content file', 'size and modification time stay', (folder) => folder.writeUnnoticed('file', 'two\n')],
  ['content many/1', 'what a background process has read is edited', (folder) => folder.write('many/1', 'new\n')],
  ['stat sized', 'the size changes', (folder) => folder.write('sized', 'longer\n')],
];

function makeFiles(folder: CaseFolder): CaseFolder {
  for (let index = 1; index <= FILES; index++) folder.write(`many/${index}`, 'old\n');
  folder.write('file', 'one\n').write('real/in').write('other/in').write('sized', 'one\n').write('listed/a');
  return folder.makeLink('link', 'real');
}

machineTest(
  'the log is whole when the machine is paused, and what changed between save and restore is always a miss',
  async (t, base, scratch) => {
    const folder = makeFiles(new CaseFolder(scratch.make()));
    const { store, home } = openScratchStore(scratch);
    using _closed = store;
    const parts = { store, home, root: folder.root, layerfile: LAYERFILE };
    const seen = new Set<string>();
    {
      await using first = await TracedSession.start(base, parts);
      await first.perform(2);
      await first.saveStep(2);
      t.regex(await first.script(LOOKS), /\nanswer 1\n$/);
      const { frozen } = await first.saveStep(3);
      t.deepEqual(frozen.changedDuringRun, []);
      for (const { path, kind } of frozen.newObservations) if (kind === 'content') seen.add(path);
    }
    const read = Array.from({ length: FILES }, (_, index) => seen.has(`many/${index + 1}`));
    t.true(read.filter(Boolean).length >= FIRST);
    t.true(read.includes(false), 'the machine was paused while the reader was at work');

    for (const [observation, what, edit] of EDITS) {
      edit(folder);
      const { hit, misses } = lookUp(store, base.image.id, folder.root);
      t.is(hit?.restoredSteps, 2, what);
      const [miss] = misses;
      t.is(miss?.reason === 'changed' ? `${miss.kind} ${miss.path}` : miss?.reason, observation, what);
      for (const added of ['missing', 'listed/new']) rmSync(folder.path(added), { force: true });
      makeFiles(folder);
    }

    read.forEach((wasRead, index) => wasRead || folder.write(`many/${index + 1}`, 'new\n'));
    const { hit } = lookUp(store, base.image.id, folder.root);
    t.is(hit?.restoredSteps, 3, 'what nobody has read yet was edited');
    await using second = await TracedSession.start(base, { ...parts, from: hit!.snapshot });
    const result = await output(second.session.machine, 'read -r _ < /run/done; cat /run/result');
    t.is(result, read.map((wasRead) => (wasRead ? 'old\n' : 'new\n')).join(''));
    const asked = await output(second.session.machine, 'echo 2 > /run/ask; cat /run/answer');
    t.is(asked, 'answer 2\n', 'a connection inside the guest lives on');
    const { newObservations } = await second.endStep();
    const expected = read.flatMap((wasRead, index) => (wasRead ? [] : [`many/${index + 1}`])).sort();
    t.deepEqual(newObservations.map(({ path }) => path).sort(), expected);
  },
);

function lookUp(store: SnapshotStore, baseId: string, root: string): LookupResult {
  const workspace = openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo() });
  const fields = [
    { base: baseId },
    { instruction: 'COPY', sources: '[""]', destination: '/w/' },
    { instruction: 'RUN looking' },
  ];
  const steps = fields.map((each, index) => ({
    fields: each,
    label: `step ${index + 1}`,
    history: { workspace: root, layerfile: 'Layerfile', step: String(index + 1) },
  }));
  return store.findDeepest({ steps, digest: (observed) => digestObservation(workspace, observed) });
}
