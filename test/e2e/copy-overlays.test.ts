import { machineTest } from './machine-test.ts';
import { makeCopySequence, SEQUENCE_FILES } from './copy-sequence.ts';
import { outcomes, outputOf, Project } from './project.ts';

const SEED = Number(process.env['COPY_SEED'] ?? '1');

machineTest('after any COPYs and RUNs the machine holds what plain copying would have left', async (t) => {
  const { layerfile, expected } = makeCopySequence(SEED, 6, 4);
  t.true((layerfile.match(/^COPY/gm) ?? []).length > 30);
  using project = Project.of({ ...SEQUENCE_FILES, Layerfile: layerfile });
  const run = await project.run();
  t.is(run.exitCode, 0, `${run.stderr}\n${outcomes(run)}`);
  for (const [step, state] of expected) t.is(outputOf(run, step), state, `seed ${SEED}, step ${step}`);
  const [last = 0] = [...expected.keys()].slice(-1);
  const again = await project.run('--force', String(last));
  t.is(again.exitCode, 0, again.stderr);
  t.is(outcomes(again).match(/ran/g)?.length, 1);
});

/** Files that 40 COPYs bring to one folder, one each. */
const MANY = Array.from({ length: 40 }, (_, index) => `many/${index}`);

/** What each RUN must print, after the lines that make it so. */
const LAYERFILE = `FROM vm/debian:12
COPY base /app/
RUN rm -rf /app/lib && mkdir /app/lib && echo generated >/app/lib/made && rm /app/gone && mkdir -m 700 /app/private && chown 12:34 /app/private
COPY more/lib /app/lib/
RUN cd /app && cat lib/made lib/more && test ! -e lib/base && test ! -e gone && echo deleted
COPY more/key /app/private/
COPY more/key /app/private/deeper/
RUN stat -c %a:%u:%g /app/private && cat /app/private/key /app/private/deeper/key
RUN cd /app && perl -e 'rename("tree", "moved") or die $!' && ls && cat moved/deep/leaf && ln top hard && test top -ef hard
COPY more/top /app/
RUN cd /app && cat top hard moved/deep/leaf && test ! -e tree && mv moved/deep . && mv deep/leaf moved/ && ls moved deep
COPY base/tree /app/tree/
RUN cd /app && cat tree/deep/leaf moved/leaf
RUN BACKGROUND cd /app && exec 3<top && mkfifo /tmp/ask /tmp/answer && while read -r _ </tmp/ask; do { cat <&3; ls; ls /app; } >/tmp/answer; done
COPY more/late /app/
RUN while [ ! -p /tmp/answer ]; do sleep 0.1; done; echo >/tmp/ask; cat /tmp/answer | grep -c late; cat /app/late
CHECKPOINT disabled
${MANY.map((path) => `COPY ${path} /many/`).join('\n')}
RUN cd /many && cat $(ls | sort -n) | sort -n | tail -n 1 && ls | wc -l
`;

const FILES: Readonly<Record<string, string>> = {
  'base/lib/base': 'base\n',
  'base/gone': '',
  'base/top': 'old top\n',
  'base/tree/deep/leaf': 'leaf\n',
  'more/lib/more': 'more\n',
  'more/key': 'key\n',
  'more/top': 'new top\n',
  'more/late': 'late\n',
  ...Object.fromEntries(MANY.map((path, index) => [path, `${index}\n`])),
};

machineTest('what was deleted stays deleted, folders keep their modes, and 40 COPYs fit in one folder', async (t) => {
  using project = Project.of({ ...FILES, Layerfile: LAYERFILE });
  const run = await project.run();
  t.is(run.exitCode, 0, `${run.stderr}\n${outcomes(run)}`);
  t.is(outputOf(run, 5), 'generated\nmore\ndeleted\n');
  t.is(outputOf(run, 8), '700:12:34\nkey\nkey\n');
  t.is(outputOf(run, 9), 'lib\nmoved\nprivate\ntop\nleaf\n');
  t.is(outputOf(run, 11), 'new top\nold top\nleaf\ndeep:\n\nmoved:\nleaf\n');
  t.is(outputOf(run, 13), 'leaf\nleaf\n');
  t.is(
    outputOf(run, 16),
    '1\nlate\n',
    'what works in the folder stays in the one it knows, and finds the new one by its name',
  );
  t.is(outputOf(run, 58), '39\n40\n');
});
