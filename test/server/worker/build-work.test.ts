import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { readRunEnd } from '../../../server/jobs/run-end.ts';
import { runBuild } from '../../../server/worker/build-work.ts';
import type { BuildWork, FromWorker, WorkEnd } from '../../../server/worker/messages.ts';
import { SecretStore } from '../../../runner/secrets/secret-store.ts';
import { CountedSlots } from '../../../runner/graph/machine-slots.ts';
import { FakeProject } from '../../runner/fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nRUN build\nBUTTON Deploy?\nRUN deploy\n';

interface Built {
  readonly end: WorkEnd;
  readonly said: readonly FromWorker[];
  readonly record: string;
  readonly outcomes: string;
}

/** A bare repository beside a project, in which commits are built. */
class BareLab implements Disposable {
  readonly project: FakeProject;
  readonly repository: string;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'layer-bare-'));
  #builds = 0;

  constructor(files: Readonly<Record<string, string>>) {
    this.project = new FakeProject(files);
    this.repository = join(this.#scratch, 'shop.git');
    this.project.git('init', '--quiet', '--bare', this.repository);
  }

  push(): string {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
    this.project.git('add', '--all');
    this.project.git(...who, 'commit', '--quiet', '-m', 'change');
    this.project.git('push', '--quiet', this.repository, 'HEAD:refs/heads/main');
    return this.project.git('rev-parse', 'HEAD').trim();
  }

  async build(commit: string, given: Partial<BuildWork> = {}, secretsHome: string | null = null): Promise<Built> {
    const said: FromWorker[] = [];
    const record = join(this.#scratch, String(++this.#builds));
    const work: BuildWork = { kind: 'build', paths: [], facts: {}, pressed: [], record, ...given };
    const place = { repository: this.repository, commit, home: this.project.home, secretsHome };
    const link = {
      signal: new AbortController().signal,
      slots: new CountedSlots({ jobs: 1, memoryMib: 4096 }),
      send: async (message: FromWorker) => Promise.resolve(void said.push(message)),
    };
    const end = await runBuild(place, work, link, {
      accelerator: 'tcg',
      machines: this.project.machines,
      openRecorder: async () => Promise.resolve({ event: () => undefined, end: () => [] }),
    });
    const outcomes = said.flatMap((message) =>
      message.type === 'event' && message.event.event === 'step' ? [message.event.outcome] : [],
    );
    return { end, said, record, outcomes: outcomes.join(' ') };
  }

  [Symbol.dispose](): void {
    this.project[Symbol.dispose]();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

function open(t: ExecutionContext, files: Readonly<Record<string, string>>): BareLab {
  const lab = new BareLab(files);
  t.teardown(() => lab[Symbol.dispose]());
  return lab;
}

test('a commit of a bare repository is built as a checkout is, and its end is left where the server finds it', async (t) => {
  const lab = open(t, { Layerfile: 'FROM vm/debian:12\nRUN build\n', 'docs/readme.md': '1' });
  const first = await lab.build(lab.push());
  t.deepEqual(first.end, { kind: 'done', exitCode: 0 });
  t.is(first.outcomes, 'ran ran');
  t.like(readRunEnd(`${first.record}.end`), { end: first.end, counts: { ran: 2, restored: 0 }, waiting: [] });
  lab.project.write('docs/readme.md', '2');
  const before = lab.project.machines.calls.length;
  const second = await lab.build(lab.push());
  t.is(second.outcomes, 'restored restored');
  t.is(lab.project.machines.calls.length, before);
});

test('a button waits until it is pressed, and its place is known', async (t) => {
  const lab = open(t, { 'web/Layerfile': LAYERFILE });
  const commit = lab.push();
  const { end, outcomes, record } = await lab.build(commit);
  t.deepEqual(end, { kind: 'done', exitCode: 0 });
  t.is(outcomes, 'ran ran skipped skipped');
  const waiting = [{ layerfile: 'web/Layerfile', step: 3 }];
  t.like(readRunEnd(`${record}.end`), { counts: { waiting: 1 }, waiting });
  const pressed = await lab.build(commit, { pressed: waiting });
  t.is(pressed.outcomes, 'restored restored ran ran');
});

test('what the job is can be taken by a Layerfile', async (t) => {
  const lab = open(t, { Layerfile: 'FROM vm/debian:12\nBUILD ENV GIT_BRANCH JOB_ID\n' });
  const commit = lab.push();
  t.is((await lab.build(commit, { facts: { GIT_BRANCH: 'main', JOB_ID: '1' } })).outcomes, 'ran ran');
  t.is((await lab.build(commit, { facts: { GIT_BRANCH: 'main', JOB_ID: '1' } })).outcomes, 'restored restored');
  t.is((await lab.build(commit, { facts: { GIT_BRANCH: 'main', JOB_ID: '2' } })).outcomes, 'restored ran');
});

test('secrets are those of the repository, and of nobody else', async (t) => {
  const lab = open(t, { Layerfile: 'FROM vm/debian:12\nSECRET ENV TOKEN\n' });
  const commit = lab.push();
  new SecretStore(lab.project.home).set('TOKEN', Buffer.from('of the machine'));
  const without = await lab.build(commit);
  t.like(without.end, {
    kind: 'refused',
    code: 'SECRET_MISSING',
    hint: 'Jobs of forks get no secrets unless the repository is set to give them some.',
  });
  t.like(readRunEnd(`${without.record}.end`), { end: without.end, counts: null });
  const own = join(lab.repository, '../secrets');
  t.like((await lab.build(commit, {}, own)).end, { hint: 'Set it among the secrets of the repository.' });
  new SecretStore(own).set('TOKEN', Buffer.from('of the repository'));
  t.is((await lab.build(commit, {}, own)).outcomes, 'ran ran');
});

test('Layerfiles can be named, and what is not there, is outside or is wrong is refused', async (t) => {
  const lab = open(t, {
    'a/Layerfile': 'FROM vm/debian:12\n',
    'b/Layerfile': 'FROM vm/debian:12\nRUN b\n',
    'c/Layerfile': 'FORM x\n',
  });
  const commit = lab.push();
  t.is((await lab.build(commit, { paths: ['b'] })).outcomes, 'ran ran');
  t.like((await lab.build(commit, { paths: ['d'] })).end, { kind: 'refused', code: 'LAYERFILE_MISSING' });
  t.like((await lab.build(commit, { paths: ['../../etc'] })).end, { kind: 'refused', code: 'USAGE' });
  const wrong = await lab.build(commit);
  t.like(wrong.end, { kind: 'refused', code: 'LAYERFILE_INVALID' });
  t.regex(wrong.end.kind === 'refused' ? wrong.end.message : '', /c\/Layerfile:1:1/);
  t.like((await lab.build('f'.repeat(40))).end, { kind: 'refused', code: 'USAGE' });
});

test('one that was cancelled leaves no end: its server knows what is to come of it', async (t) => {
  const lab = open(t, { Layerfile: 'FROM vm/debian:12\nRUN build\n' });
  const place = { repository: lab.repository, commit: lab.push(), home: lab.project.home, secretsHome: null };
  const record = join(lab.repository, '../cancelled');
  const work: BuildWork = { kind: 'build', paths: [], facts: {}, pressed: [], record };
  const link = {
    signal: AbortSignal.abort(new Error('superseded by job 2')),
    slots: new CountedSlots({ jobs: 1, memoryMib: 4096 }),
    send: async () => Promise.resolve(),
  };
  const openRecorder = async () => Promise.resolve({ event: () => undefined, end: () => [] });
  const { machines } = lab.project;
  t.deepEqual(await runBuild(place, work, link, { accelerator: 'tcg', machines, openRecorder }), { kind: 'cancelled' });
  t.false(existsSync(`${record}.end`));
});
