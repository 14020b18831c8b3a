import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeTemporaryFolder } from '../../util/temporary-folder.ts';
import { type Ended, type Fault, KINDS, runHurt } from './fault.ts';
import { type Interposer, makeInterposer } from './interposer.ts';
import type { Place, Scenario } from './scenario.ts';
import type { Ending } from './scenario-child.ts';
import { expectWholeHome } from './whole-home.ts';

const ROOT = join(import.meta.dirname, '../..');
const ESBUILD = join(ROOT, 'node_modules/.bin/esbuild');
const LIMIT_MS = 60_000;
/** The exit code of what the environment did. */
const ENVIRONMENT = 3;

/** One fault that happens to one scenario. */
export interface Case {
  readonly scenario: Scenario;
  readonly fault: Fault;
}

/** Where scenarios are prepared, hurt and looked at. Null is returned by `open` where no interposer can be built. */
export class CrashLab implements Disposable {
  readonly #folder: string;
  readonly #interposer: Interposer;
  readonly #program: string;
  readonly #prepared = new Set<string>();

  private constructor(folder: string, interposer: Interposer) {
    this.#folder = folder;
    this.#interposer = interposer;
    // Beside dist/: what lies at a place in the project is found from there.
    this.#program = makeTemporaryFolder('dist.crash', ROOT);
    bundle(this.#program);
  }

  static open(): CrashLab | null {
    const folder = mkdtempSync(join(tmpdir(), 'layer-crash-'));
    const interposer = makeInterposer(folder);
    if (interposer !== null) return new CrashLab(folder, interposer);
    rmSync(folder, { recursive: true, force: true });
    return null;
  }

  /** Every fault that a scenario can have: each kind at each of the calls that it makes. */
  async casesOf(scenario: Scenario): Promise<readonly Case[]> {
    const cases: Case[] = [];
    const counted = await this.#countCalls(scenario);
    for (const kind of KINDS) {
      const calls = Array.from(kind.calls).reduce((sum, letter) => sum + (counted[letter] ?? 0), 0);
      for (let at = 1; at <= calls; at++) cases.push({ scenario, fault: { ...kind, at } });
    }
    return cases;
  }

  /** Null where all is well afterwards, else what is wrong. */
  async try({ scenario, fault }: Case): Promise<string | null> {
    const place = this.#place(scenario);
    const ended = await this.#hurt(scenario, place, fault);
    const complaint = complaintAbout(ended, fault);
    if (complaint !== null) return complaint;
    try {
      await scenario.run(place);
      await expectWholeHome(place.home);
      await scenario.check(place);
      return null;
    } catch (error) {
      return `afterwards: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
  }

  async #countCalls(scenario: Scenario): Promise<Ended['calls']> {
    const ended = await this.#hurt(scenario, this.#place(scenario), { name: '', calls: '', how: '0', at: 0 });
    const ending = endingOf(ended);
    if (ending?.kind !== 'done') throw new Error(`${scenario.name} fails unhurt: ${ended.stdout}${ended.stderr}`);
    return ended.calls;
  }

  async #hurt(scenario: Scenario, { home, work }: Place, fault: Fault): Promise<Ended> {
    const args = this.#arguments(scenario, 'run', { home, work });
    const environment = { ...process.env, NODE_COMPILE_CACHE: join(this.#folder, 'compiled') };
    const program = { command: process.execPath, args, folder: home, environment, limitMs: LIMIT_MS };
    return runHurt(this.#interposer, program, fault);
  }

  #arguments({ name }: Scenario, part: 'prepare' | 'run', { home, work }: Place): string[] {
    const program = join(this.#program, 'scenario-child.cjs');
    return ['--disable-warning=ExperimentalWarning', program, name, part, home, work];
  }

  /** Always the same folders, so that what is remembered by path holds. */
  #place(scenario: Scenario): Place {
    const current = join(this.#folder, 'place');
    const [template, place] = [join(this.#folder, scenario.name), placeIn(current)];
    rmSync(current, { recursive: true, force: true });
    if (this.#prepared.has(scenario.name)) {
      execFileSync('cp', ['-a', '--reflink=auto', template, current]);
      return place;
    }
    for (const folder of [place.home, place.work]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    // In a process that ends: what it leaves is a dead one's.
    execFileSync(process.execPath, this.#arguments(scenario, 'prepare', place));
    execFileSync('cp', ['-a', '--reflink=auto', current, template]);
    this.#prepared.add(scenario.name);
    return place;
  }

  [Symbol.dispose](): void {
    for (const folder of [this.#folder, this.#program]) rmSync(folder, { recursive: true, force: true });
  }
}

function placeIn(folder: string): Place {
  return { home: join(folder, 'home'), work: join(folder, 'work') };
}

/**
 * One file loads in a third of the time, and it is loaded thousands of times. CommonJS, for an ES module that imports `node:http` makes
 * Node load all of undici, for names that nobody uses.
 */
function bundle(folder: string): void {
  const options = [
    '--bundle',
    '--format=cjs',
    '--out-extension:.js=.cjs',
    '--define:import.meta.dirname=__dirname',
    '--platform=node',
    '--target=node24',
    '--external:ssh2',
    '--log-level=error',
  ];
  execFileSync(ESBUILD, [join(import.meta.dirname, 'scenario-child.ts'), ...options, `--outdir=${folder}`]);
}

function endingOf({ stdout }: Ended): Ending | null {
  try {
    return JSON.parse(stdout) as Ending;
  } catch {
    return null;
  }
}

/** A process that met a fault is killed by it, or ends as if there was none, or says what the environment did. */
function complaintAbout(ended: Ended, fault: Fault): string | null {
  if (ended.timedOut) return 'it hangs';
  if (ended.signalName === 'SIGKILL') return null;
  const ending = endingOf(ended);
  if (ending === null) return `it ended with ${ended.exitCode ?? ended.signalName ?? ''}: ${ended.stderr}`;
  if (ending.kind === 'internal') return `it calls itself broken: ${ending.message}`;
  if (ending.kind === 'failed' && ending.exitCode !== ENVIRONMENT) return `it blames the user: ${ending.message}`;
  if (ending.kind === 'failed' && fault.how === 'short') return `it fails at a short write: ${ending.message}`;
  return null;
}
