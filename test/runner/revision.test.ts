import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { FakeScript } from '../helpers/fake-machine.ts';
import { GitRepository } from '../helpers/git-repository.ts';
import { FakeProject } from './fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nCOPY . .\nRUN install\nRUN build\n';
const FILES = { Layerfile: LAYERFILE, 'package.json': '{}', 'src/main.js': '1', 'README.md': '' };

/** `install` reads package.json; `build` reads src/main.js, lists src and looks for .env. */
const guest: FakeScript = (command) => {
  if (command.includes('install')) return { reads: ['0/package.json'] };
  return command.includes('build') ? { reads: ['0/src/main.js', '0/.env'] } : {};
};

function commit(project: FakeProject, message = 'change'): string {
  project.git('add', '--all');
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  project.git(...who, 'commit', '--quiet', '-m', message);
  return project.git('rev-parse', 'HEAD').trim();
}

function scratchFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-revision-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('what the checkout built is restored for its commit, and the other way round, elsewhere too', async (t) => {
  using project = new FakeProject(FILES, guest);
  const first = commit(project);
  await project.run();
  const same = await project.run({ rev: 'HEAD' });
  t.is(same.outcomes, 'restored restored restored restored');
  t.deepEqual(same.calls, []);

  project.write('src/main.js', '2');
  const second = commit(project);
  t.is((await project.run({ rev: second })).outcomes, 'restored restored restored ran');
  t.deepEqual((await project.run()).calls, []);
  t.deepEqual((await project.run({ rev: first.slice(0, 10) })).calls, []);

  const scratch = scratchFolder(t);
  project.git('clone', '--quiet', '--bare', '.', join(scratch, 'bare.git'));
  project.git('clone', '--quiet', '.', join(scratch, 'clone'));
  project.git('worktree', 'add', '--quiet', join(scratch, 'tree'));
  for (const place of ['bare.git', 'clone', 'tree']) {
    const elsewhere = await project.run({ directory: join(scratch, place), rev: 'HEAD' });
    t.is(elsewhere.outcomes, 'restored restored restored restored', place);
    t.deepEqual(elsewhere.calls, []);
  }
});

test('a bare repository below another checkout is the one that is meant', async (t) => {
  using project = new FakeProject(FILES, guest);
  const first = commit(project);
  await project.run();
  project.git('clone', '--quiet', '--bare', '.', 'data/bare.git');
  project.write('src/main.js', '2');
  const second = commit(project);
  const directory = join(project.repository, 'data/bare.git');
  t.is((await project.run({ directory, rev: first })).outcomes, 'restored restored restored restored');
  await t.throwsAsync(project.run({ directory, rev: second }), { code: 'USAGE', message: /no such commit/ });
});

test('edits that are not committed change nothing with --rev', async (t) => {
  using project = new FakeProject(FILES, guest);
  commit(project);
  await project.run({ rev: 'HEAD' });
  project.write('package.json', '{"edited":true}');
  project.write('.env', 'A=1');
  project.remove('src/main.js');
  t.deepEqual((await project.run({ rev: 'HEAD' })).calls, []);
  t.is((await project.plan({ rev: 'HEAD' })).outcomes, 'restored restored restored restored');
  t.is((await project.plan()).outcomes, 'restored restored would-run would-run');
});

test('Layerfiles are found and read in the commit', async (t) => {
  const text = 'FROM vm/debian:12\nRUN true\n';
  using project = new FakeProject({ 'a/Layerfile': text, 'b/c/other.layer': text, 'node_modules/x/Layerfile': text });
  commit(project);
  project.remove('a/Layerfile');
  project.write('new/Layerfile', text);
  const found = await project.plan({ rev: 'HEAD' });
  t.deepEqual(new Set(found.steps.map(({ layerfile }) => layerfile)), new Set(['a/Layerfile']));
  const named = await project.plan({ rev: 'HEAD', paths: ['b/c/other.layer', 'a', 'a/Layerfile'] });
  t.deepEqual([...new Set(named.steps.map(({ layerfile }) => layerfile))], ['b/c/other.layer', 'a/Layerfile']);
  await t.throwsAsync(project.plan({ rev: 'HEAD', paths: ['new/Layerfile'] }), {
    code: 'LAYERFILE_MISSING',
    message: /^new\/Layerfile does not exist at HEAD \([0-9a-f]{12}\)$/,
  });
  const error = await t.throwsAsync(project.plan({ rev: 'HEAD', paths: ['new'] }));
  t.is((error as { hint?: string }).hint, 'It is in your checkout: commit it, or run without --rev.');
  await t.throwsAsync(project.plan({ rev: 'HEAD', paths: ['b'] }), {
    message: /^There is no Layerfile in b at HEAD/,
  });
  await t.throwsAsync(project.plan({ rev: 'HEAD', paths: ['..'] }), {
    code: 'USAGE',
    message: /^\.\. is not in /,
  });
});

test('a revision that does not exist names the nearest branch or tag', async (t) => {
  using project = new FakeProject(FILES);
  commit(project);
  project.git('branch', 'feature/login');
  project.git('tag', 'v1.2');
  const complaint = async (revision: string): Promise<string> => {
    const error = await t.throwsAsync(project.plan({ rev: revision }), { code: 'USAGE' });
    return error.message;
  };
  t.regex(await complaint('feature/logn'), /no such commit, branch or tag; did you mean `feature\/login`\?$/);
  t.regex(await complaint('login'), /did you mean `feature\/login`\?$/);
  t.regex(await complaint('v1.3'), /did you mean `v1\.2`\?$/);
  t.regex(await complaint('1'.repeat(40)), /no such commit, branch or tag$/);
  t.regex(await complaint('--all'), /no such commit/);
  const blob = project.git('rev-parse', 'HEAD:README.md').trim();
  t.is(await complaint(blob), `--rev is \`${blob}\`, which is a blob and no commit`);
});

test('--rev outside of a git repository is refused, and in one without a commit too', async (t) => {
  using project = new FakeProject(FILES);
  await t.throwsAsync(project.plan({ rev: 'HEAD' }), { code: 'USAGE', message: /no such commit/ });
  await t.throwsAsync(project.plan({ rev: 'HEAD', directory: scratchFolder(t) }), {
    code: 'USAGE',
    message: /^--rev takes a commit of a git repository, and .* is in none$/,
  });
});

test('facts of git are those of the commit', async (t) => {
  const layerfile = 'FROM vm/debian:12\nBUILD ENV GIT_COMMIT GIT_COMMIT_TITLE GIT_TAG GIT_BRANCH REPOSITORY_NAME\n';
  using project = new FakeProject({ Layerfile: layerfile });
  const old = commit(project, 'the first');
  project.git('tag', 'v1');
  await project.run();
  project.git('checkout', '--quiet', '-b', 'other');
  project.write('README.md', '');
  commit(project, 'the second');
  const main =
    project
      .git('branch', '--format=%(refname:short)')
      .split('\n')
      .find((name) => name !== 'other') ?? '';
  t.is((await project.run({ rev: main })).outcomes, 'restored restored');
  t.is((await project.plan({ rev: old })).outcomes, 'restored would-run', 'no branch was named');
  t.is((await project.plan()).outcomes, 'restored would-run');
  t.is((await project.run({ rev: 'HEAD' })).outcomes, 'restored ran');
  t.is((await project.run()).outcomes, 'restored restored');
});

test('CLONE takes the branch of the revision’s name', async (t) => {
  using upstream = new GitRepository({ value: 'main' });
  upstream.commitOn('feature', { value: 'feature' });
  const reads: FakeScript = (command) => (command.includes('build') ? { reads: ['0/value', '1/own'] } : {});
  using project = new FakeProject(
    { Layerfile: `FROM vm/debian:12\nCLONE ${upstream.url} DEFAULT=main /other\nCOPY . .\nRUN build\n`, own: '' },
    reads,
  );
  commit(project);
  project.git('checkout', '--quiet', '-b', 'feature');
  await project.run();
  project.git('checkout', '--quiet', '-b', 'work');
  t.is((await project.run({ rev: 'feature' })).outcomes, 'restored restored restored restored');
  t.is((await project.run({ rev: 'work' })).outcomes, 'restored restored restored ran');
});

test('a COPY of what the commit does not have names the commit', async (t) => {
  using project = new FakeProject({ Layerfile: 'FROM vm/debian:12\nCOPY file .\n' });
  commit(project);
  project.write('file', 'not committed');
  const { events, outcomes } = await project.run({ rev: 'HEAD' });
  t.is(outcomes, 'ran failed');
  const output = events.flatMap((event) => (event.event === 'output' ? [event.text] : [])).join('');
  t.regex(
    output,
    /^Layerfile:2:6: file is not in the folder of Layerfile at HEAD \([0-9a-f]{12}\), or \.layerignore hides it/,
  );
});

test('submodules that a build looks for are absent, with one warning that names them', async (t) => {
  using library = new GitRepository({ lib: '' });
  const listing: FakeScript = (command) => (command.includes('build') ? { reads: ['0/module/lib'] } : {});
  using project = new FakeProject({ Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN build\n' }, listing);
  const link = `160000,${library.git('rev-parse', 'HEAD')},module`;
  project.git('add', '--all');
  project.git('update-index', '--add', '--cacheinfo', link);
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  project.git(...who, 'commit', '--quiet', '-m', 'with a submodule');
  const { warnings, result } = await project.run({ rev: 'HEAD' });
  t.is(result.outcome, 'succeeded');
  t.deepEqual(warnings, ['a submodule is absent with --rev: module']);
});
