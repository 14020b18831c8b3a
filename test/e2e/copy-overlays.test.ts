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
