import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, stepOf } from './project.ts';

const LAYERFILE = `FROM vm/debian:12
COPY . .
RUN BACKGROUND mkfifo /tmp/ask /tmp/answer; n=0; while read -r line </tmp/ask; do n=$((n+1)); echo "$line $n" >/tmp/answer; done
RUN until [ -p /tmp/answer ]; do sleep 0.1; done; cat one.txt; echo first >/tmp/ask; cat /tmp/answer
RUN cat two.txt; echo second >/tmp/ask; cat /tmp/answer
RUN cat three.txt; echo third >/tmp/ask; cat /tmp/answer
`;

machineTest(
  'a service of RUN BACKGROUND is alive, with what it remembers, after one restore and after two',
  async (t) => {
    using project = Project.of({ Layerfile: LAYERFILE, 'one.txt': '', 'two.txt': '', 'three.txt': '' });
    const first = await project.run();
    t.is(outcomes(first), 'restored ran ran ran ran ran', first.stderr);
    t.is(outputOf(first, 6), 'third 3\n');

    project.write('two.txt', 'edited ');
    const second = await project.run();
    t.is(outcomes(second), 'restored restored restored restored ran ran');
    t.is(outputOf(second, 5), 'edited second 2\n');

    project.write('three.txt', 'edited ');
    const third = await project.run();
    t.is(outcomes(third), 'restored restored restored restored restored ran');
    t.is(outputOf(third, 6), 'edited third 3\n', 'the snapshot it came from had been restored itself');
  },
);

machineTest('what a service writes later is shown when a step fails and at the end, and nothing twice', async (t) => {
  using project = Project.of({
    Layerfile: `FROM vm/debian:12
COPY . .
RUN BACKGROUND mkfifo /tmp/ask /tmp/answer; echo starting; while read -r line </tmp/ask; do echo "asked $line"; echo >/tmp/answer; done
RUN until [ -p /tmp/answer ]; do sleep 0.1; done; cat one.txt; echo once >/tmp/ask; cat /tmp/answer
RUN echo again >/tmp/ask; cat /tmp/answer; exit $(cat status.txt)
`,
    'one.txt': '',
    'status.txt': '1',
  });
  const failed = await project.run();
  t.is(outcomes(failed), 'restored ran ran ran failed', failed.stderr);
  t.is(outputOf(failed, 3), 'starting\nasked once\nasked again\n');

  project.write('status.txt', '0');
  const mended = await project.run();
  t.is(outcomes(mended), 'restored restored restored restored ran', mended.stderr);
  t.is(outputOf(mended, 3), 'asked once\nasked again\n', 'what the run that failed has shown, this lineage has not');
});

machineTest('RUN BACKGROUND that dies at once fails its step, with what it said and its status', async (t) => {
  using project = Project.of({
    Layerfile: 'FROM vm/debian:12\nRUN BACKGROUND echo listening; echo "port taken" >&2; exit 9\nRUN true\n',
  });
  const run = await project.run();
  t.is(run.exitCode, 1);
  t.is(outcomes(run), 'restored failed skipped');
  t.is(outputOf(run, 2), 'listening\nport taken\n');
  t.like(stepOf(run, 2), { line: 2, exitCode: 9, snapshot: null });
});
