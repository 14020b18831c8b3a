import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openSnapshotStore } from '../../snapshots/index.ts';
import type { FaultPoint } from '../../util/fault-point.ts';
import { outputOf, Project, type Run, stepOf } from '../e2e/project.ts';
import { untilGone } from '../e2e/until-gone.ts';
import { KilledUpkeep } from './killed-upkeep.ts';
import { PointLog } from './point-log.ts';
import { expect } from './scenario.ts';
import { processesIn } from './stray-processes.ts';
import { expectWholeHome, type WholeHomeOptions } from './whole-home.ts';

/** Three steps that write to disk and memory: up to three snapshots in a run. The last one looks at what all of them left. */
const LAYERFILE = `FROM vm/debian:12
COPY . .
RUN cat a.txt > /root/a; head -c 300000 /dev/urandom > /root/blob; cksum < /root/blob > /root/sum
RUN cat b.txt > /dev/shm/b; head -c 200000 /root/blob > /dev/shm/blob
RUN cksum < /root/blob | cmp - /root/sum && cmp -n 200000 /root/blob /dev/shm/blob && echo $(cat /root/a /dev/shm/b c.txt)
`;
const LAST_STEP = 5;
const FILES = ['a.txt', 'b.txt', 'c.txt'] as const;
/** Fault points that a run passes whose last one, two or three steps run: as counted. */
const POINTS_BY_STEPS = [0, 16, 24, 32];
/** How long after a point a kill falls, at most: syncs and transactions take that long. */
const AFTER_POINT_MS = 60;
/** What snapshots may take besides the base machine, before some are pruned. */
const ROOM_BYTES = 60 << 20;
const DAY_S = 86_400;

export type Target = 'layer' | 'QEMU' | 'upkeep';

/** What was killed, for people and counts; `complaint`: what was wrong at once. */
export interface Blow {
  readonly what: string;
  readonly complaint: string | null;
}

/** A project whose runs are killed, several in a row, before it is looked at. */
export class KilledRuns implements Disposable {
  readonly #project: Project;
  readonly #random: () => number;
  readonly #upkeep: KilledUpkeep;
  readonly #log: string;
  readonly #digests = new Map<string, string>();
  #edits = 0;
  /** How long a run takes that nobody hurts, by how many steps run. */
  readonly #runMs = [0, 0, 0, 0];
  #keepBytes = 0;

  private constructor(project: Project, random: () => number) {
    this.#project = project;
    this.#random = random;
    const { home, temporary, repository } = project;
    this.#log = join(repository, '../points');
    mkdirSync(this.#log);
    this.#upkeep = new KilledUpkeep({ home, temporary, log: join(this.#log, 'upkeep') }, random);
  }

  static async prepare(random: () => number): Promise<KilledRuns> {
    const files = Object.fromEntries(FILES.map((name) => [name, `${name}\n`]));
    const runs = new KilledRuns(Project.of({ Layerfile: LAYERFILE, ...files }), random);
    runs.#keepBytes = runs.#storedBytes() + ROOM_BYTES;
    for (const steps of [3, 1, 2, 3]) await runs.#timedRun(steps);
    await runs.check();
    return runs;
  }

  get folder(): string {
    return join(this.#project.repository, '..');
  }

  /** An edit, and a run or upkeep that is killed; none where it all ended before. */
  async strike(): Promise<readonly Blow[]> {
    const target = this.#any<Target>(['layer', 'layer', 'layer', 'QEMU', 'QEMU', 'upkeep']);
    if (target === 'upkeep') return this.#told(await this.#upkeep.once(this.#storedBytes(), true));
    const beside =
      this.#random() < 0.3
        ? delay(this.#random() * this.#lastRunMs()).then(() => this.#upkeep.once(this.#storedBytes(), false))
        : Promise.resolve(null);
    const [blow, other] = await Promise.all([this.#killedRun(target), beside]);
    return [...(blow === null ? [] : [blow]), ...this.#told(other)];
  }

  /** A run, or upkeep, that is killed at a fault point. */
  async strikeAt(point: FaultPoint, target: Target): Promise<Blow> {
    const what = `${target} killed at ${point}`;
    if (target === 'upkeep') {
      const told = await this.#upkeep.at(point, this.#storedBytes());
      return { what, complaint: told === null ? 'it never came there' : null };
    }
    this.#edit(2);
    using log = new PointLog(join(this.#log, 'run'));
    const started = this.#project.start(['run', '--json'], undefined, log.environment({ point, target }));
    const run = await started.ended;
    if (!log.passedBy(started.pid).includes('struck')) return { what, complaint: 'it never came there' };
    return { what, complaint: target === 'QEMU' ? complaintAbout(run) : null };
  }

  /**
   * Null where nobody and nothing is left, the next run gives the right output on what the killed ones saved, every
   * snapshot is whole, and a prune leaves no file that nobody needs. `thorough`: every byte is read again.
   */
  async check({ thorough = false } = {}): Promise<string | null> {
    const { home, temporary } = this.#project;
    const { folder } = this;
    try {
      expect(await untilGone(() => processesIn(home, folder)), 'no process is left');
      await this.#checkedRun();
      const options: WholeHomeOptions = { keepBytes: this.#keepBytes };
      await expectWholeHome(home, thorough ? options : { ...options, digestMemo: this.#digests });
      const left = readdirSync(temporary);
      expect(left.length === 0, `nothing is left in TMPDIR: ${left.join(' ')}`);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #told(what: string | null): readonly Blow[] {
    return what === null ? [] : [{ what, complaint: null }];
  }

  #any<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }

  #lastRunMs(): number {
    return this.#runMs[1] ?? 0;
  }

  #storedBytes(): number {
    using store = openSnapshotStore({ home: this.#project.home });
    return store.totalSizeBytes();
  }

  /** So that the last `steps` steps must run. */
  #edit(steps: number): void {
    this.#edits++;
    for (const name of FILES.slice(-steps)) this.#project.write(name, `${name.slice(0, 1)}${this.#edits}\n`);
  }

  async #timedRun(steps: number): Promise<void> {
    this.#edit(steps);
    const started = performance.now();
    const run = await this.#project.run();
    this.#runMs[steps] = performance.now() - started;
    expectRight(run, this.#project);
  }

  /** Only the last step has to run: what it stands on is what the killed runs left. Sometimes it starts upkeep, which is killed, too. */
  async #checkedRun(): Promise<void> {
    this.#edit(1);
    const isUpkeepDue = this.#random() < 0.2;
    if (isUpkeepDue) ageStamp(this.#project.home);
    expectRight(await this.#project.run(), this.#project);
    if (!isUpkeepDue) return;
    const { home } = this.#project;
    await delay(this.#random() * 1000);
    for (const pid of processesIn(home, this.folder)) process.kill(pid, 'SIGKILL');
    expect(await untilGone(() => processesIn(home, this.folder)), 'no process is left');
  }

  async #killedRun(target: Target): Promise<Blow | null> {
    const steps = this.#any([1, 2, 2, 3, 3]);
    this.#edit(steps);
    using log = new PointLog(join(this.#log, 'run'));
    const began = performance.now();
    const started = this.#project.start(['run', '--json'], undefined, log.environment());
    const ended = started.ended.then(() => true);
    const isEarly = !(await Promise.race([this.#instant(steps, log, started.pid).then(() => false), ended]));
    const machine = target === 'QEMU' && isEarly ? this.#project.strayMachines().find(isQemu) : undefined;
    const struck = machine ?? (isEarly ? started.pid : null);
    const stage = log.passedBy(started.pid).at(-1);
    if (struck !== null) killed(struck);
    const run = await started.ended;
    if (struck === null) {
      this.#runMs[steps] = (performance.now() - began + (this.#runMs[steps] ?? 0)) / 2;
      return null;
    }
    const what = `${machine === undefined ? 'layer' : 'QEMU'} killed ${stage === undefined ? 'before any point' : `after ${stage}`}`;
    return { what, complaint: machine === undefined ? null : complaintAbout(run) };
  }

  /** Half of the kills fall at any time, half of them shortly after one of the points, between which most is written. */
  async #instant(steps: number, log: PointLog, pid: number): Promise<void> {
    if (this.#random() < 0.5) return delay(this.#random() * (this.#runMs[steps] ?? 0));
    const count = 1 + Math.floor(this.#random() * (POINTS_BY_STEPS[steps] ?? 0));
    const afterMs = this.#random() ** 2 * AFTER_POINT_MS;
    await log.passed(pid, count);
    return delay(afterMs);
  }

  [Symbol.dispose](): void {
    this.#project[Symbol.dispose]();
  }
}

function expectRight(run: Run, project: Project): void {
  expect(run.exitCode === 0, `the run succeeds: ${run.exitCode ?? ''} ${run.stdout}${run.stderr}`);
  expect(stepOf(run, LAST_STEP).outcome === 'ran', 'the last step runs');
  const expected = FILES.map((name) => project.read(name).trim()).join(' ');
  const printed = outputOf(run, LAST_STEP, 'stdout').trim();
  expect(printed === expected, `the last step prints ${expected}, not ${printed}`);
}

/** A run that lost its machine says so, or had no need of it any more. */
function complaintAbout(run: Run): string | null {
  const isTold = run.exitCode === 3 && /^layer: /m.test(run.stderr) && !run.stderr.includes('Internal error');
  return run.exitCode === 0 || isTold
    ? null
    : `a run that lost its machine says so, not: ${run.exitCode ?? ''} ${run.stderr}`;
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** Upkeep is due. */
function ageStamp(home: string): void {
  const stamp = join(home, 'upkeep.stamp');
  writeFileSync(stamp, '');
  const then = Date.now() / 1000 - DAY_S;
  utimesSync(stamp, then, then);
}

function isQemu(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('qemu-system');
  } catch {
    return false;
  }
}
