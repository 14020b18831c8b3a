import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { FaultPoint } from '../../util/fault-point.ts';
import { outputOf, Project, type Run, type Started } from '../e2e/project.ts';
import { untilGone } from '../e2e/until-gone.ts';
import { expect } from './scenario.ts';
import { expectWholeHome } from './whole-home.ts';

/** Two steps that write to disk and memory, so that two snapshots are made in each run. */
const LAYERFILE = `FROM vm/debian:12
COPY . .
RUN cat a.txt > /root/first; head -c 3000000 /dev/urandom > /root/blob; sha256sum /root/blob > /root/sum
RUN sha256sum --quiet -c /root/sum && echo "$(cat /root/first) $(cat b.txt)"
`;
const LAST_STEP = 4;

export type Target = 'layer' | 'QEMU';

const HOOK = join(import.meta.dirname, 'fault-hook.ts');

export interface Blow {
  /** For people and counts: `layer killed while saving`. */
  readonly what: string;
  readonly complaint: string | null;
}

/** A project whose runs are killed, one after the other. */
export class KilledRuns implements Disposable {
  readonly #project: Project;
  readonly #random: () => number;
  #edits = 0;
  /** Of a run that nobody hurts, edited in the first step: kills fall within it. */
  #runMs = 0;

  private constructor(project: Project, random: () => number) {
    this.#project = project;
    this.#random = random;
  }

  static async prepare(random: () => number): Promise<KilledRuns> {
    const runs = new KilledRuns(Project.of({ Layerfile: LAYERFILE, 'a.txt': 'a', 'b.txt': 'b' }), random);
    await runs.#checkedRun();
    runs.#edit();
    const started = performance.now();
    await runs.#checkedRun();
    runs.#runMs = performance.now() - started;
    return runs;
  }

  /** An edit, a run that is killed, and a look at what it left. */
  async once(): Promise<Blow> {
    this.#edit();
    const target: Target = this.#random() < 0.6 ? 'layer' : 'QEMU';
    const { run, stage } = await this.#killedRun(target, this.#random() * this.#runMs);
    return this.#lookAfter(`${target} killed ${stage}`, run);
  }

  async #lookAfter(what: string, run: Run | null): Promise<Blow> {
    try {
      if (run !== null) expectToldEnd(run);
      expect(await untilGone(() => this.#project.strayMachines()), 'no machine is left');
      await this.#checkedRun();
      await expectWholeHome(this.#project.home);
      expect(leftovers(this.#project).length === 0, `nothing is left in TMPDIR: ${leftovers(this.#project).join(' ')}`);
      return { what, complaint: null };
    } catch (error) {
      return { what, complaint: error instanceof Error ? error.message : String(error) };
    }
  }

  /** As `once`, at a fault point. */
  async at(point: FaultPoint, target: Target): Promise<Blow> {
    this.#edit();
    const said = join(this.#project.repository, '../said');
    rmSync(said, { force: true });
    const environment = {
      FAULT_POINT: point,
      FAULT_TARGET: target,
      FAULT_SAID: said,
      NODE_OPTIONS: `--import=${HOOK}`,
    };
    const run = await this.#project.start(['run', '--json'], undefined, environment).ended;
    const what = `${target} killed at ${point}`;
    return existsSync(said)
      ? this.#lookAfter(what, target === 'QEMU' ? run : null)
      : { what, complaint: 'it never came there' };
  }

  #edit(): void {
    this.#edits++;
    // Half of the edits leave the first step as it was.
    if (this.#random() < 0.5) this.#project.write('a.txt', `a${this.#edits}`);
    this.#project.write('b.txt', `b${this.#edits}`);
  }

  async #checkedRun(): Promise<void> {
    const run = await this.#project.run();
    expect(run.exitCode === 0, `the run succeeds: ${run.exitCode ?? ''} ${run.stdout}${run.stderr}`);
    const printed = outputOf(run, LAST_STEP, 'stdout').trim();
    const expected = `${this.#project.read('a.txt')} ${this.#project.read('b.txt')}`;
    const ran = run.events.some(
      (event) => event.event === 'step' && event.step === LAST_STEP && event.outcome === 'ran',
    );
    expect(!ran || printed === expected, `the last step prints ${expected}, not ${printed}`);
  }

  async #killedRun(target: Target, afterMs: number): Promise<{ readonly run: Run | null; readonly stage: string }> {
    let stage = 'before anything was told';
    const started: Started = this.#project.start(['run', '--json'], (event) => {
      if (event.event === 'activity') stage = `in ${event.activity}`;
      if (event.event === 'start') stage = `in step ${event.step}`;
      if (event.event === 'step') stage = `after step ${event.step} ${event.outcome}`;
      if (event.event === 'output') stage = `amid the output of step ${event.step}`;
    });
    const ended = await Promise.race([delay(afterMs, false), started.ended.then(() => true)]);
    const [machine] = this.#project.strayMachines().filter(isQemu);
    if (target === 'layer') started.kill('SIGKILL');
    else if (machine !== undefined) process.kill(machine, 'SIGKILL');
    const told = ended
      ? 'after its end'
      : target === 'QEMU' && machine === undefined
        ? `not there yet, ${stage}`
        : stage;
    const run = await started.ended;
    return { run: target === 'QEMU' ? run : null, stage: told };
  }

  [Symbol.dispose](): void {
    this.#project[Symbol.dispose]();
  }
}

/** A run that lost its machine says so, or had no need of it any more. */
function expectToldEnd(run: Run): void {
  const isTold = run.exitCode === 3 && /^layer: /m.test(run.stderr) && !run.stderr.includes('Internal error');
  expect(run.exitCode === 0 || isTold, `a run that lost its machine says so: ${run.exitCode ?? ''} ${run.stderr}`);
}

function isQemu(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('qemu-system');
  } catch {
    return false;
  }
}

function leftovers(project: Project): string[] {
  return readdirSync(project.temporary).map((name) => join(project.temporary, name));
}
