import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { FaultPoint } from '../../util/fault-point.ts';
import { complaintAbout, complaintOf, CrashProject } from './crash-project.ts';
import { KilledUpkeep } from './killed-upkeep.ts';
import { PointLog } from './point-log.ts';
import { processesIn } from './stray-processes.ts';

const DAY_S = 86_400;

export type Target = 'layer' | 'QEMU' | 'upkeep';

/** What was killed, for people and counts; `complaint`: what was wrong at once. */
export interface Blow {
  readonly what: string;
  readonly complaint: string | null;
}

/** A project whose runs are killed, several in a row, before it is looked at. */
export class KilledRuns implements Disposable {
  readonly #made: CrashProject;
  readonly #random: () => number;
  readonly #upkeep: KilledUpkeep;
  readonly #logs: string;

  private constructor(made: CrashProject) {
    this.#made = made;
    this.#random = made.random;
    this.#logs = join(made.folder, 'points');
    mkdirSync(this.#logs);
    const { home, temporary } = made.project;
    this.#upkeep = new KilledUpkeep({ home, temporary, log: join(this.#logs, 'upkeep') }, made.random);
  }

  static async prepare(random: () => number): Promise<KilledRuns> {
    const runs = new KilledRuns(new CrashProject(random));
    await runs.#made.warmUp();
    return runs;
  }

  get folder(): string {
    return this.#made.folder;
  }

  /** An edit, and a run or upkeep that is killed; none where it all ended before. */
  async strike(): Promise<readonly Blow[]> {
    const target = this.#made.any<Target>(['layer', 'layer', 'layer', 'QEMU', 'QEMU', 'upkeep']);
    if (target === 'upkeep') return told(await this.#upkeep.once(this.#made.pressedBytes(), true));
    const beside = this.#random() < 0.3 ? this.#killUpkeepBeside() : Promise.resolve(null);
    const [blow, other] = await Promise.all([this.#killedRun(target), beside]);
    return [...(blow === null ? [] : [blow]), ...told(other)];
  }

  async #killUpkeepBeside(): Promise<string | null> {
    await delay(this.#random() * this.#made.runMs(1));
    return this.#upkeep.once(this.#made.pressedBytes(), false);
  }

  /** A run, or upkeep, that is killed at a fault point. */
  async strikeAt(point: FaultPoint, target: Target): Promise<Blow> {
    const what = `${target} killed at ${point}`;
    if (target === 'upkeep') {
      const told = await this.#upkeep.at(point, this.#made.pressedBytes());
      return { what, complaint: told === null ? 'it never came there' : null };
    }
    this.#made.edit(2);
    using log = new PointLog(join(this.#logs, 'run'));
    const started = this.#made.project.start(['run', '--json'], undefined, log.environment({ point, target }));
    const run = await started.ended;
    if (!log.passedBy(started.pid).includes('struck')) return { what, complaint: 'it never came there' };
    return { what, complaint: target === 'QEMU' ? complaintAbout(run) : null };
  }

  /**
   * Null where nobody and nothing is left, the next run gives the right output on what the killed ones saved, every
   * snapshot is whole, and a prune leaves no file that nobody needs. `thorough`: every byte is read again.
   */
  async check({ thorough = false } = {}): Promise<string | null> {
    try {
      await this.#made.untilNobodyIsLeft();
      const isUpkeepDue = this.#random() < 0.2;
      if (isUpkeepDue) ageStamp(this.#made.project.home);
      await this.#made.checkedRun();
      if (isUpkeepDue) await this.#killBackground();
      await this.#made.expectWhole(thorough);
      return null;
    } catch (error) {
      return complaintOf(error);
    }
  }

  /** What the last run has started. */
  async #killBackground(): Promise<void> {
    await delay(this.#random() * 1000);
    for (const pid of processesIn(this.#made.project.home, this.folder)) kill(pid);
    await this.#made.untilNobodyIsLeft();
  }

  async #killedRun(target: Target): Promise<Blow | null> {
    const steps = this.#made.any([1, 2, 2, 3, 3]);
    this.#made.edit(steps);
    using log = new PointLog(join(this.#logs, 'run'));
    const began = performance.now();
    const started = this.#made.project.start(['run', '--json'], undefined, log.environment());
    const ended = started.ended.then(() => true);
    const isEarly = !(await Promise.race([this.#made.instant(steps, log, started.pid).then(() => false), ended]));
    const machine = target === 'QEMU' && isEarly ? this.#made.project.strayMachines().find(isQemu) : undefined;
    const struck = machine ?? (isEarly ? started.pid : null);
    const stage = log.passedBy(started.pid).at(-1);
    if (struck !== null) kill(struck);
    const run = await started.ended;
    if (struck === null) {
      this.#made.learn(steps, performance.now() - began);
      return null;
    }
    const what = `${machine === undefined ? 'layer' : 'QEMU'} killed ${stage === undefined ? 'before any point' : `after ${stage}`}`;
    return { what, complaint: machine === undefined ? null : complaintAbout(run) };
  }

  [Symbol.dispose](): void {
    this.#made[Symbol.dispose]();
  }
}

function told(what: string | null): readonly Blow[] {
  return what === null ? [] : [{ what, complaint: null }];
}

function kill(pid: number): void {
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
