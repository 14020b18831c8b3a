import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, stepOf } from './project.ts';

machineTest(
  'CHECKPOINT disabled takes no snapshots until the next CHECKPOINT, which stands for all of them',
  async (t) => {
    using project = Project.of({
      Layerfile: `FROM vm/debian:12
COPY . .
CHECKPOINT disabled
RUN cat one.txt
RUN cat two.txt
CHECKPOINT built
RUN cat three.txt
CHECKPOINT disabled
RUN echo never kept
`,
      'one.txt': '1',
      'two.txt': '2',
      'three.txt': '3',
    });
    const first = await project.run();
    t.is(outcomes(first), `restored${' ran'.repeat(8)}`, first.stderr);
    const kept = [2, 3, 4, 5, 6, 7, 8, 9].filter((number) => stepOf(first, number).snapshot !== null);
    t.deepEqual(kept, [2, 6, 7]);
    t.is(outcomes(await project.run()), 'restored restored restored restored restored restored restored ran ran');

    project.write('two.txt', 'two');
    const edited = await project.run();
    t.is(outcomes(edited), 'restored restored ran ran ran ran ran ran ran');
    t.is(outputOf(edited, 5), 'two');
  },
);
