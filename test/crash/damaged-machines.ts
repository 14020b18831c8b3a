import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { listSnapshots } from '../../runner/store-upkeep.ts';
import { resultOf, stepOf } from '../e2e/project.ts';
import { trustCopies } from '../e2e/seed-home.ts';
import { type Damage, damagesOf } from './corruption.ts';
import { complaintOf, CrashProject } from './crash-project.ts';
import { randomFrom } from './sample.ts';
import { expect } from './scenario.ts';

/**
 * A home in which real machines are stored, and a copy of it for each damage. The run that follows has one step to do, on all the
 * others: no guest may run on what is damaged, so the step whose snapshot it is has to run as well.
 */
export class DamagedMachines implements Disposable {
  readonly #made = new CrashProject(randomFrom(1));
  readonly #template = join(this.#made.folder, 'template');
  /** Numbers of steps, by the ids of their snapshots. */
  readonly #steps = new Map<string, number>();

  async prepare(): Promise<void> {
    const { home } = this.#made.project;
    this.#made.edit(3);
    this.#made.expectRight(await this.#made.project.run());
    for (const { id, step } of (await listSnapshots({ home })).snapshots)
      if (step !== null) this.#steps.set(id, Number(step.number));
    execFileSync('cp', ['-a', '--sparse=always', home, this.#template]);
    this.#made.edit(1);
  }

  damages(flipsEach: number, random: () => number): readonly Damage[] {
    return damagesOf(this.#template, flipsEach, random);
  }

  /** Null where the damage was found or does no harm; else what is wrong. */
  async try(damage: Damage): Promise<string | null> {
    const { home } = this.#made.project;
    rmSync(home, { recursive: true, force: true });
    execFileSync('cp', ['-a', '--sparse=always', this.#template, home]);
    // What nobody has written to since is trusted, as in a run; so a damage has to show.
    trustCopies(home, join(this.#template, 'digests.sqlite'));
    damage.inflict(home);
    try {
      const run = await this.#made.project.run();
      this.#made.expectRight(run);
      expect(!run.stderr.includes('Internal error'), `it is no bug: ${run.stderr}`);
      expect(resultOf(run).outcome === 'succeeded', 'it succeeds');
      const damaged = this.#steps.get(/^snapshots\/(\w+)\//.exec(damage.file)?.[1] ?? '');
      if (damaged === undefined) return null;
      const { outcome } = stepOf(run, damaged);
      expect(outcome === 'ran', `step ${damaged}, whose snapshot is damaged, runs again and is not ${outcome}`);
      return null;
    } catch (error) {
      return complaintOf(error);
    }
  }

  [Symbol.dispose](): void {
    this.#made[Symbol.dispose]();
  }
}
