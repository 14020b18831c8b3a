import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openSnapshotStore } from '../../snapshots/index.ts';
import { outputOf, Project, type Run, stepOf } from '../e2e/project.ts';
import { untilGone } from '../e2e/until-gone.ts';
import type { PointLog } from './point-log.ts';
import { expect } from './scenario.ts';
import { processesIn } from './stray-processes.ts';
import { expectWholeHome } from './whole-home.ts';

/**
 * Three steps that write to disk and memory: up to three snapshots in a run. The last one looks at what all of them left. The shell
 * does it all itself: without hardware acceleration a process takes longer than a snapshot.
 */
const LAYERFILE = `FROM vm/debian:12
COPY . .
RUN echo "$(< a.txt)" > /root/a; printf '%0300000d' $RANDOM > /root/blob; echo "$(< /root/blob)" > /dev/shm/blob
RUN echo "$(< b.txt)" > /dev/shm/b; printf '%0200000d' $RANDOM > /root/other
RUN [ "$(< /root/blob)" = "$(< /dev/shm/blob)" ] && echo "$(< /root/a)" "$(< /dev/shm/b)" "$(< c.txt)"
`;
const LAST_STEP = 5;
const FILES = ['a.txt', 'b.txt', 'c.txt'] as const;
/** Fault points that a run passes whose last one, two or three steps run: as counted. */
const POINTS_BY_STEPS = [0, 16, 24, 32];
/** How long after a point something happens, at most: syncs and transactions take that long. */
const AFTER_POINT_MS = 60;
/** What snapshots may take besides the base machine, before some are pruned. */
const ROOM_BYTES = 60 << 20;

/** A project to which bad things happen as it is built, and that must be right and whole afterwards. */
export class CrashProject implements Disposable {
  readonly project: Project;
  readonly random: () => number;
  readonly #digests = new Map<string, string>();
  #edits = 0;
  /** How long a run takes that nobody hurts, by how many steps run. */
  readonly #runMs = [0, 0, 0, 0];
  /** The base machine: to boot it again takes a minute. */
  readonly #baseBytes: number;

  constructor(random: () => number) {
    const files = Object.fromEntries(FILES.map((name) => [name, `${name}\n`]));
    this.project = Project.of({ Layerfile: LAYERFILE, ...files });
    this.random = random;
    this.#baseBytes = this.#storedBytes();
  }

  /** Runs that nobody hurts: throws where they are not right. */
  async warmUp(): Promise<void> {
    for (const steps of [3, 1, 2, 3]) await this.#timedRun(steps);
  }

  get folder(): string {
    return join(this.project.repository, '..');
  }

  /** Room for a third of what the steps left. */
  pressedBytes(): number {
    return Math.round(this.#baseBytes + (this.#storedBytes() - this.#baseBytes) / 3);
  }

  any<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)] as T;
  }

  /** So that the last `steps` steps must run. */
  edit(steps: number): void {
    this.#edits++;
    for (const name of FILES.slice(-steps)) this.project.write(name, `${name.slice(0, 1)}${this.#edits}\n`);
  }

  /** How long a run takes in which that many steps run. */
  runMs(steps: number): number {
    return this.#runMs[steps] ?? 0;
  }

  /** One that nobody hurt has taken so long. */
  learn(steps: number, ms: number): void {
    this.#runMs[steps] = (this.runMs(steps) + ms) / 2;
  }

  /** Half of the instants fall at any time, half of them shortly after one of the points, between which most is written. */
  async instant(steps: number, log: PointLog, pid: number): Promise<void> {
    if (this.random() < 0.5) return delay(this.random() * this.runMs(steps));
    const count = 1 + Math.floor(this.random() * (POINTS_BY_STEPS[steps] ?? 0));
    const afterMs = this.random() ** 2 * AFTER_POINT_MS;
    await log.passed(pid, count);
    return delay(afterMs);
  }

  async untilNobodyIsLeft(): Promise<void> {
    expect(await untilGone(() => processesIn(this.project.home, this.folder)), 'no process is left');
  }

  /** Only the last step has to run: what it stands on is what was left. Throws where it is not right. */
  async checkedRun(): Promise<void> {
    this.edit(1);
    this.expectRight(await this.project.run());
  }

  expectRight(run: Run): void {
    expect(run.exitCode === 0, `the run succeeds: ${run.exitCode ?? ''} ${run.stdout}${run.stderr}`);
    expect(stepOf(run, LAST_STEP).outcome === 'ran', 'the last step runs');
    const expected = FILES.map((name) => this.project.read(name).trim()).join(' ');
    const printed = outputOf(run, LAST_STEP, 'stdout').trim();
    expect(printed === expected, `the last step prints ${expected}, not ${printed}`);
  }

  /** Throws where a snapshot is not whole, or a prune leaves a file that nobody needs. `thorough`: every byte is read again. */
  async expectWhole(thorough: boolean): Promise<void> {
    const { home, temporary } = this.project;
    const keepBytes = this.#baseBytes + ROOM_BYTES;
    await expectWholeHome(home, thorough ? { keepBytes } : { keepBytes, digestMemo: this.#digests });
    const left = readdirSync(temporary);
    expect(left.length === 0, `nothing is left in TMPDIR: ${left.join(' ')}`);
  }

  async #timedRun(steps: number): Promise<void> {
    this.edit(steps);
    const started = performance.now();
    this.expectRight(await this.project.run());
    this.#runMs[steps] = performance.now() - started;
  }

  #storedBytes(): number {
    using store = openSnapshotStore({ home: this.project.home });
    return store.totalSizeBytes();
  }

  [Symbol.dispose](): void {
    this.project[Symbol.dispose]();
  }
}

/** A run that had to end says so; or it had no need of what it lost any more. Null where that is so. */
export function complaintAbout(run: Run): string | null {
  const isTold = run.exitCode === 3 && /^layer: /m.test(run.stderr) && !run.stderr.includes('Internal error');
  return run.exitCode === 0 || isTold
    ? null
    : `a run that had to end says so, not: ${run.exitCode ?? ''} ${run.stderr}`;
}

export function complaintOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
