import test from 'ava';

import { FakeProject, type FakeRun } from './fake-project.ts';

const FILES = {
  'base/Layerfile': 'FROM vm/debian:12\nCOPY . .\nRUN base\n',
  'base/config': '1',
  'api/Layerfile': 'FROM ../base\nCOPY . .\nRUN api\nRUN test\n',
  'api/code': '1',
  'api/tests': '1',
  'web/Layerfile': 'FROM ../base\nCOPY . .\nRUN web\n',
  'web/code': '1',
  README: '1',
};

function read(command: string): { reads?: readonly string[] } {
  if (command.includes("bash -c 'base'")) return { reads: ['0/config'] };
  if (command.includes("bash -c 'api'") || command.includes("bash -c 'web'")) return { reads: ['1/code'] };
  return command.includes("bash -c 'test'") ? { reads: ['1/tests'] } : {};
}

function commit(project: FakeProject): void {
  project.git('add', '.');
  project.git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'x');
}

function affected({ steps }: FakeRun): readonly string[] {
  return steps
    .filter((step) => step.affected === true)
    .map(({ layerfile, step }) => `${layerfile.split('/')[0]} ${step}`)
    .sort();
}

test('a plan since a commit names the steps that a change affects, whether or not it was built already', async (t) => {
  const edits: readonly (readonly [path: string, steps: readonly string[]])[] = [
    ['README', []],
    ['api/tests', ['api 4']],
    ['api/code', ['api 3', 'api 4']],
    ['web/code', ['web 3']],
    ['base/config', ['api 1', 'api 2', 'api 3', 'api 4', 'base 3', 'web 1', 'web 2', 'web 3']],
  ];
  using project = new FakeProject(FILES, read);
  commit(project);
  await project.run();
  for (const [path, steps] of edits) {
    project.write(path, 'edited');
    t.deepEqual(affected(await project.plan({ since: 'HEAD' })), steps, `${path}, not committed`);
    commit(project);
    t.deepEqual(affected(await project.plan({ since: 'HEAD~1' })), steps, path);
    await project.run();
    t.deepEqual(affected(await project.plan({ since: 'HEAD~1' })), steps, `${path}, built`);
  }
});

test('what never ran at the commit counts as affected, and a commit without Layerfiles has nothing to compare with', async (t) => {
  using project = new FakeProject({ README: '1' });
  commit(project);
  project.write('Layerfile', 'FROM vm/debian:12\nRUN a\n');
  const run = await project.plan({ since: 'HEAD' });
  t.deepEqual(affected(run), ['Layerfile 1', 'Layerfile 2']);
  t.regex(run.warnings.join(), /HEAD has no Layerfiles to compare with/);
  await t.throwsAsync(project.plan({ since: 'nowhere' }), { code: 'USAGE' });
});
