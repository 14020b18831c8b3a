import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { GitRepository } from '../../helpers/git-repository.ts';
import type { FakeScript } from '../../helpers/fake-machine.ts';
import { FakeProject, type FakeRun } from '../fake-project.ts';

/** `build` reads `lib.js` of whatever was laid last, `look` probes. */
const guest: FakeScript = (command) => {
  if (command.includes('build')) return { reads: ['0/lib.js'] };
  return command.includes('look') ? { reads: ['0/secret.txt'] } : {};
};

function layerfile(line: string): string {
  return `FROM vm/debian:12\n${line}\nRUN build\n`;
}

function output({ events }: FakeRun): string {
  return events.flatMap((event) => (event.event === 'output' ? [event.text] : [])).join('');
}

/** The one folder that is kept of the one repository that was cloned. */
function trees(project: FakeProject): { readonly folder: string; readonly commits: readonly string[] } {
  const clones = join(project.home, 'clones');
  const [hash = ''] = readdirSync(clones);
  const folder = join(clones, hash, 'trees');
  return { folder, commits: readdirSync(folder).filter((name) => !name.endsWith('.lock')) };
}

test('a new commit upstream restores everything, unless it changes a file that a step read', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1', 'README.md': 'one' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  t.is((await project.run()).outcomes, 'ran ran ran');
  upstream.commit({ 'README.md': 'two', 'new.txt': '' });
  const unread = await project.run();
  t.is(unread.outcomes, 'restored restored restored');
  t.deepEqual(unread.calls, []);
  upstream.commit({ 'lib.js': '2' });
  const read = await project.run();
  t.is(read.outcomes, 'restored restored ran');
  const path = `clone:/${upstream.folder.slice(1).replaceAll('/', ':')}/lib.js`;
  t.like(read.steps[2]?.miss, { reason: 'changed', kind: 'content', path });
  upstream.git('revert', '--no-edit', 'HEAD');
  t.is((await project.run()).outcomes, 'restored restored restored', 'what was stored holds again');
});

test('the branch of the name of the workspace’s is taken, else DEFAULT, else HEAD', async (t) => {
  using upstream = new GitRepository({ 'lib.js': 'main' });
  upstream.commitOn('feature/x', { 'lib.js': 'feature' });
  upstream.commitOn('stable', { 'lib.js': 'stable' });
  const read: string[] = [];
  const reading: FakeScript = async (command, { kernel }) => {
    if (!command.includes('build')) return {};
    const { nodeId } = await kernel.walk('0/lib.js');
    read.push(await kernel.read(nodeId));
    return {};
  };
  const clone = `CLONE ${upstream.url}`;
  using project = new FakeProject({ Layerfile: layerfile(`${clone} DEFAULT=stable /lib`) }, reading);
  project.git('checkout', '--quiet', '-b', 'feature/x');
  await project.run();
  project.git('checkout', '--quiet', '-b', 'other');
  const onOther = await project.run();
  t.is(onOther.outcomes, 'restored restored ran');
  project.write('Layerfile', layerfile(`${clone} /lib`));
  await project.run();
  project.write('Layerfile', layerfile(`${clone} DEFAULT=gone /lib`));
  const gone = await project.run();
  t.deepEqual(read, ['feature', 'stable', 'main', 'main']);
  t.regex(gone.warnings.join(), /Layerfile:2:1: .* has no branch gone; its HEAD is taken/);
});

test('named files and patterns are laid as COPY lays them', async (t) => {
  using upstream = new GitRepository({ 'src/lib.js': '1', 'src/lib.css': '', 'docs/a.md': '' });
  const line = `CLONE ${upstream.url} src/*.js docs /lib/`;
  using project = new FakeProject({ Layerfile: layerfile(line) }, guest);
  const first = await project.run();
  t.is(first.outcomes, 'ran ran ran', output(first));
  t.like(first.steps[1], { observed: { listing: 1 } });
  upstream.commit({ 'docs/b.md': '' });
  t.is((await project.run()).outcomes, 'restored restored restored');
  upstream.commit({ 'src/more.js': '' });
  const added = await project.run();
  t.is(added.outcomes, 'restored ran ran');
  t.like(added.steps[1]?.miss, { reason: 'changed', kind: 'listing' });
});

test('a file that is not there fails the step with its place, the branch and the commit', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} lib.js gone.js /lib/`) });
  const run = await project.run();
  t.is(run.outcomes, 'ran failed skipped');
  const commit = upstream.git('rev-parse', '--short=12', 'HEAD');
  t.regex(
    output(run),
    new RegExp(`^Layerfile:2:\\d+: gone.js is not in ${upstream.url} \\((?:main|HEAD), ${commit}\\)`),
  );
});

test('files cannot be named out of the repository', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} ../Layerfile /lib/`) });
  const run = await project.run();
  t.is(run.outcomes, 'ran failed skipped');
  t.regex(output(run), /\.\.\/Layerfile is not in/);
});

test('two repositories, and one at two branches, keep apart', async (t) => {
  using one = new GitRepository({ 'lib.js': 'one' });
  using two = new GitRepository({ 'lib.js': 'two' });
  one.commitOn('stable', { 'lib.js': 'stable' });
  const lines = [`CLONE ${one.url} /a`, `CLONE ${one.url} DEFAULT=stable /b`, `CLONE ${two.folder} /c`];
  const read: string[] = [];
  const reading: FakeScript = async (command, { kernel }) => {
    if (!command.includes('build')) return {};
    for (const view of ['0', '1', '2']) {
      const { nodeId } = await kernel.walk(`${view}/lib.js`);
      read.push(await kernel.read(nodeId));
    }
    return {};
  };
  using project = new FakeProject({ Layerfile: layerfile(lines.join('\n')) }, reading);
  project.git('checkout', '--quiet', '-b', 'work');
  t.is((await project.run()).outcomes, 'ran ran ran ran ran');
  t.deepEqual(read, ['one', 'stable', 'two']);
});

test('committed files are all visible, with links and exec bits, and attributes and ignore files change nothing', async (t) => {
  using upstream = new GitRepository();
  symlinkSync('lib.js', join(upstream.folder, 'link'));
  upstream.write('tool', 'x', 0o755);
  upstream.write('.gitattributes', 'kept.txt export-ignore\n');
  upstream.write('.gitignore', 'lib.js\n');
  upstream.git('add', '--all');
  upstream.write('lib.js', '1');
  upstream.git('add', '--force', 'lib.js');
  upstream.commit({ '.layerignore': '*\n', 'kept.txt': '' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  const run = await project.run();
  t.like(run.steps[2], { outcome: 'ran', observed: { content: 1, absent: 0 } });
  const { folder, commits } = trees(project);
  const tree = join(folder, commits[0] ?? '');
  t.is(readlinkSync(join(tree, 'link')), 'lib.js');
  t.is(statSync(join(tree, 'tool')).mode & 0o100, 0o100);
  t.is(statSync(join(tree, 'lib.js')).mode & 0o100, 0);
  t.deepEqual(readdirSync(tree).sort(), [
    '.gitattributes',
    '.gitignore',
    '.layerignore',
    'kept.txt',
    'lib.js',
    'link',
    'tool',
  ]);
});

test('a repository that cannot be reached ends the run, names itself without credentials, and starts no machine', async (t) => {
  const url = 'http://user:hunter2@127.0.0.1:9/o/r.git';
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${url} /lib`) }, guest);
  const error = await t.throwsAsync(project.run(), { code: 'CLONE_UNAVAILABLE' });
  t.regex(error.message, /^Layerfile:2:1: cannot clone http:\/\/\*\*\*@127\.0\.0\.1:9\/o\/r\.git\n/);
  t.notRegex(error.message, /hunter2|user/);
  t.deepEqual(project.machines.calls, []);
  t.false(existsSync(join(project.home, 'snapshots')) && readdirSync(join(project.home, 'snapshots')).length > 0);
});

test('a repository that went away is an error also where all could be restored', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  await project.run();
  rmSync(upstream.folder, { recursive: true });
  await t.throwsAsync(project.run(), { code: 'CLONE_UNAVAILABLE' });
});

test('an empty repository is said to be empty', async (t) => {
  using upstream = new GitRepository();
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) });
  await t.throwsAsync(project.run(), { code: 'CLONE_UNAVAILABLE', message: /it is empty/ });
});

for (const [url, why] of [
  ['ext::sh%20-c%20true', /could run any program/],
  ['svn://example.org/r', /none of https/],
  ['../other', /neither a URL nor an absolute path/],
] as const) {
  test(`CLONE ${url} is refused with its place`, async (t) => {
    using project = new FakeProject({ Layerfile: layerfile(`CLONE ${url} /lib`) });
    const error = await t.throwsAsync(project.run(), { code: 'CLONE_URL_INVALID' });
    t.regex(error.message, why);
    t.regex(error.message, /^Layerfile:2:1: /);
  });
}

test('a plan looks upstream as well, and two runs at once fetch once each way', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  await project.run();
  upstream.commit({ 'lib.js': '2' });
  const plans = await Promise.all([project.plan(), project.plan(), project.plan()]);
  for (const { outcomes } of plans) t.is(outcomes, 'restored restored would-run');
  t.is(trees(project).commits.length, 2);
});

test('a cancelled run ends while git works, and leaves nothing half', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  const controller = new AbortController();
  const emit = (event: { readonly event: string }): void => {
    if (event.event === 'activity') controller.abort(new Error('Ctrl-C'));
  };
  const { result } = await project.run({ signal: controller.signal, emit });
  t.is(result.outcome, 'cancelled');
  t.deepEqual(trees(project).commits, []);
  t.is((await project.run()).outcomes, 'ran ran ran');
});

test('what a killed git left behind does not stand in the way', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  await project.run();
  const mirror = join(trees(project).folder, '../mirror.git');
  writeFileSync(join(mirror, 'shallow.lock'), '');
  upstream.commit({ 'lib.js': '2' });
  t.is((await project.run()).outcomes, 'restored restored ran');
  rmSync(join(mirror, 'objects'), { recursive: true });
  upstream.commit({ 'lib.js': '3' });
  t.is((await project.run()).outcomes, 'restored restored ran');
});

test('a LAYER_HOME that cannot be written is an error that says so', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) });
  writeFileSync(join(project.home, 'clones'), 'a file in the way');
  await t.throwsAsync(project.run(), { code: 'CACHE_UNUSABLE' });
});

test('a repository with SHA-256 names is cloned as well', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '1' }, '--object-format=sha256');
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  t.is((await project.run()).outcomes, 'ran ran ran');
});

test('trees that were not used for a week are removed, but for the newest three and those in use', async (t) => {
  using upstream = new GitRepository({ 'lib.js': '0' });
  using project = new FakeProject({ Layerfile: layerfile(`CLONE ${upstream.url} /lib`) }, guest);
  await project.plan();
  for (const text of ['1', '2', '3']) {
    upstream.commit({ 'lib.js': text });
    await project.plan();
  }
  const { folder, commits } = trees(project);
  t.is(commits.length, 4);
  const old = new Date(Date.now() - 8 * 24 * 3_600_000);
  for (const commit of commits) utimesSync(join(folder, `${commit}.lock`), old, old);
  upstream.commit({ 'lib.js': '4' });
  await project.plan();
  t.is(trees(project).commits.length, 3);
  t.is(readFileSync(join(folder, upstream.git('rev-parse', 'HEAD'), 'lib.js'), 'utf8'), '4');
});
