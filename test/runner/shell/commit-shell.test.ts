import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import test from 'ava';

import type { FakeResult } from '../../helpers/fake-machine.ts';
import { FakeProject } from '../fake-project.ts';
import { shellIn } from './shell-run.ts';

const LAYERFILE = 'FROM vm/debian:12\nCOPY . .\nRUN install\nRUN build\n';

/** A bare repository of commits that have these files besides the Layerfile, each built with `rev` as a server does. */
class Commits implements Disposable {
  readonly #files = new Map([
    ['package.json', '{}'],
    ['main.js', '1'],
  ]);
  readonly project = new FakeProject(
    { Layerfile: LAYERFILE, ...Object.fromEntries(this.#files) },
    (command, { memory }) => this.#perform(command, memory),
  );
  readonly bare = join(this.project.home, '../bare.git');

  /** Each step leaves in the machine what it read; `build` fails where main.js says so. A shell prints what is there. */
  #perform(command: string, memory: Map<string, string>): FakeResult {
    if (command.endsWith('exec bash')) return { stdout: [...memory].map((pair) => pair.join('=')).join(' ') };
    if (!/install|build/.test(command)) return {};
    const name = command.includes('install') ? 'package.json' : 'main.js';
    const text = this.#files.get(name) ?? '';
    memory.set(name, text);
    return { reads: [`0/${name}`], exitCode: text === 'broken' ? 1 : 0 };
  }

  commit(files: Readonly<Record<string, string>> = {}): string {
    for (const [path, text] of Object.entries(files)) {
      this.#files.set(path, text);
      this.project.write(path, text);
    }
    this.project.git('add', '.');
    this.project.git('-c', 'user.name=t', '-c', 'user.email=t@e', 'commit', '--quiet', '--allow-empty', '-m', 'c');
    execFileSync('git', ['init', '--quiet', '--bare', this.bare]);
    this.project.git('push', '--quiet', '--force', this.bare, 'HEAD:refs/heads/main');
    return this.project.git('rev-parse', 'HEAD').trim();
  }

  async build(rev: string): Promise<string> {
    return (await this.project.run({ directory: this.bare, rev })).outcomes;
  }

  async shell(rev: string, step: string | null): Promise<string> {
    const { opened, stdout } = await shellIn(this.project, step, { directory: this.bare, rev, path: 'Layerfile' });
    return `${opened}: ${stdout}`;
  }

  [Symbol.dispose](): void {
    this.project[Symbol.dispose]();
  }
}

test('a shell at a commit of a bare repository is in the machine that was made of that commit, whatever was built since', async (t) => {
  using commits = new Commits();
  const first = commits.commit();
  t.is(await commits.build(first), 'ran ran ran ran');
  const second = commits.commit({ 'main.js': '2' });
  t.is(await commits.build(second), 'restored restored restored ran');
  t.is(await commits.shell(first, '4'), 'restored 4: package.json={} main.js=1');
  t.is(await commits.shell(second, null), 'restored 4: package.json={} main.js=2');
  t.is(await commits.shell(second, '3'), 'restored 3: package.json={}');
});

test('a step that failed at a commit is opened there only, as it failed', async (t) => {
  using commits = new Commits();
  const sound = commits.commit();
  t.is(await commits.build(sound), 'ran ran ran ran');
  const broken = commits.commit({ 'main.js': 'broken' });
  t.is(await commits.build(broken), 'restored restored restored failed');
  t.is(await commits.shell(broken, '4'), 'failed 4: package.json={} main.js=broken');
  t.is(await commits.shell(broken, null), 'failed 4: package.json={} main.js=broken');
  const other = commits.commit({ 'main.js': '3' });
  t.is(await commits.shell(other, '4'), 'restored 3 for 4: package.json={}');
  t.is(await commits.shell(sound, '4'), 'restored 4: package.json={} main.js=1');
});

test('where a commit was never built, what another one left is not opened in its place', async (t) => {
  using commits = new Commits();
  await commits.build(commits.commit());
  const moved = commits.commit({ Layerfile: LAYERFILE.replace('debian:12', 'debian:12\nMEMORY 2G') });
  const error = await t.throwsAsync(commits.shell(moved, '4'), {
    code: 'STATE_MISSING',
    message: /at [0-9a-f]{40} is/,
  });
  t.regex((error as Error & { readonly hint: string }).hint, /Run that commit again/);
  await t.throwsAsync(commits.shell('no-such', null), { code: 'USAGE' });
});
