import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test from 'ava';

import { endOrphan } from '../../../server/jobs/end-orphan.ts';
import { recoverRuns } from '../../../server/jobs/recover.ts';
import { writeRunEnd } from '../../../server/jobs/run-end.ts';
import { processOwner } from '../../../util/process-owner.ts';
import { isRunning } from '../../helpers/processes.ts';
import { QueueLab } from './queue-lab.ts';
import { request, StoreLab } from './store-lab.ts';

const COUNTS = { restored: 1, ran: 2, failed: 0, waiting: 0, durationMs: 3, savedMs: 4 };

/** A store whose server was killed in the first run of its one job. */
class KilledLab extends StoreLab {
  readonly folders = { data: this.folder, home: join(this.folder, 'home') };
  readonly record = join(this.folder, 'jobs/1/1');

  constructor() {
    super();
    this.store.create(request());
    this.store.begin(1);
    mkdirSync(dirname(this.record), { recursive: true });
    appendFileSync(`${this.record}.jsonl`, '{"atMs":1,"event":"up","exposed":0}\n{"atMs":2,"ev');
  }

  async recover(): Promise<void> {
    await recoverRuns(this.reopen(), this.folders);
  }

  /** The last line of the first run's log, which is whole. */
  end(): unknown {
    const lines = readFileSync(`${this.record}.jsonl`, 'utf8').split('\n');
    if (lines.length !== 3 || lines[2] !== '') throw new Error('The log is not whole');
    return JSON.parse(lines[1] ?? '');
  }
}

test('a run that was cut off is queued again, and its log is whole', async (t) => {
  using lab = new KilledLab();
  await lab.recover();
  t.like(lab.store.get(1), { state: 'queued', runs: 1 });
  t.like(lab.end(), { event: 'end', state: 'interrupted', reason: 'the server was ended; it goes on in run 2' });
  t.is(lab.store.begin(1)?.cause, 'resumed');
  await lab.recover();
  lab.store.begin(1);
  await lab.recover();
  t.like(lab.store.get(1), {
    state: 'interrupted',
    runs: 3,
    reason: 'the server was killed in 3 runs of it, one after another',
  });
});

test('a run whose worker had done its work is over', async (t) => {
  using lab = new KilledLab();
  const waiting = [{ layerfile: 'Layerfile', step: 3 }];
  writeRunEnd(`${lab.record}.end`, { end: { kind: 'done', exitCode: 0 }, counts: COUNTS, waiting });
  lab.store.cancel(1, 'too late');
  await lab.recover();
  t.like(lab.store.get(1), { state: 'succeeded', counts: COUNTS, waiting, runs: 1 });
  t.like(lab.end(), { state: 'succeeded', reason: null });
});

test('an end that is damaged, or of another version, is none', async (t) => {
  for (const text of ['{"version":1,', '{"version":2,"end":{"kind":"done","exitCode":0}}']) {
    using lab = new KilledLab();
    appendFileSync(`${lab.record}.end`, text);
    await lab.recover();
    t.is(lab.store.get(1)?.state, 'queued');
  }
});

test('what was being cancelled is cancelled', async (t) => {
  using lab = new KilledLab();
  lab.store.cancel(1, 'cancelled by Ada');
  await lab.recover();
  t.like(lab.store.get(1), { state: 'cancelled', reason: 'cancelled by Ada' });
  t.like(lab.end(), { state: 'cancelled', reason: 'cancelled by Ada' });
});

test('a worker that outlived its server is ended before its job goes on', async (t) => {
  using lab = new KilledLab();
  const orphan = spawn('sleep', ['1000'], { detached: true });
  const exited = once(orphan, 'exit');
  lab.store.setWorker(1, 1, processOwner(orphan.pid ?? 0) ?? '');
  await lab.recover();
  t.is((await exited)[1], 'SIGTERM');
  t.is(lab.store.get(1)?.state, 'queued');
});

test('a process under the number of a worker that is gone is left alone', async (t) => {
  const other = spawn('sleep', ['1000'], { detached: true });
  const owner = processOwner(other.pid ?? 0) ?? '';
  await endOrphan(owner.replace(/\d+$/, '1'), 0);
  await endOrphan(owner.replace(/pid:\[\d+\]/, 'pid:[1]'), 0);
  t.true(isRunning(other.pid ?? 0));
  other.kill('SIGKILL');
});

test('all that a killed server had accepted is done by the next one', async (t) => {
  await using lab = new QueueLab();
  const { store } = lab.lab;
  for (const [number, how] of ['succeed', 'fail', 'succeed'].entries())
    store.create(request({ commit: `${number}`.padStart(40, '0'), branch: `${how}-${number}`, paths: [how] }));
  store.begin(1);
  store.begin(2);
  await lab.open();
  const ended = await Promise.all([1, 2, 3].map((id) => lab.ended(id)));
  t.deepEqual(
    ended.map(({ state, runs }) => `${state} ${runs}`),
    ['succeeded 2', 'failed 2', 'succeeded 1'],
  );
  t.deepEqual(
    store.runs(1).map(({ cause, outcome }) => `${cause} ${outcome}`),
    ['push interrupted', 'resumed succeeded'],
  );
});
