import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

import type { BuildEvent, BuildResult, StepEnded } from '../../runner/index.ts';
import { readLines } from '../../util/read-lines.ts';
import { STARTS_VARIABLE, withRecordingQemu } from './recording-qemu.ts';
import { LAYER, seedHome } from './seed-home.ts';
import { TerminalSession } from './terminal-session.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
/** Of a person's shell, but for what would change how Layer prints or where it keeps things. */
const UNSET = ['LAYER_HOME', 'NODE_COMPILE_CACHE', 'NO_COLOR', 'FORCE_COLOR', 'CI', 'NODE_OPTIONS'];

/** One ended `layer` process. */
export interface Run {
  readonly exitCode: number | null;
  readonly signalName: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of a run with `--json`. */
  readonly events: readonly BuildEvent[];
  /** How often it started QEMU. */
  readonly machines: number;
}

/** A `layer` process under way. */
export interface Started {
  readonly pid: number;
  readonly ended: Promise<Run>;
  kill(signalName: NodeJS.Signals): void;
}

/**
 * A git repository in a temporary folder with a LAYER_HOME of its own, in which only the base machine is there from the
 * start. Whatever runs in it goes through `./layer`, as a user types it.
 */
export class Project implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layer-e2e-'));
  readonly repository = join(this.#folder, 'repository');
  readonly home = join(this.#folder, 'home');
  /** Machines have their sockets below this folder, so its name is in their command lines. */
  readonly temporary = join(this.#folder, 'tmp');
  readonly #starts = join(this.#folder, 'machines-started');

  private constructor() {
    try {
      mkdirSync(this.temporary);
      writeFileSync(this.#starts, '');
      seedHome(this.home);
    } catch (error) {
      rmSync(this.#folder, { recursive: true, force: true });
      throw error;
    }
  }

  static ofExample(name: string): Project {
    const project = new Project();
    const copied = (path: string): boolean => !['node_modules', '.env'].includes(basename(path));
    cpSync(join(EXAMPLES, name), project.repository, { recursive: true, filter: copied });
    return project.#commit();
  }

  static of(files: Readonly<Record<string, string>>): Project {
    const project = new Project();
    mkdirSync(project.repository);
    for (const [path, text] of Object.entries(files)) project.write(path, text);
    return project.#commit();
  }

  read(path: string): string {
    return readFileSync(join(this.repository, path), 'utf8');
  }

  write(path: string, text: string): void {
    const file = join(this.repository, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Copies files of the host into the workspace's root. */
  copyIn(files: readonly string[]): void {
    for (const file of files) cpSync(file, join(this.repository, basename(file)));
  }

  remove(path: string): void {
    rmSync(join(this.repository, path));
  }

  git(...args: readonly string[]): void {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', [...who, ...args], { cwd: this.repository });
  }

  /** Everything as it was committed. */
  undo(): void {
    this.git('checkout', '--quiet', '.');
    this.git('clean', '--quiet', '-fd');
  }

  /** `layer run --json` with these arguments, to its end. */
  async run(...args: readonly string[]): Promise<Run> {
    return this.start(['run', '--json', ...args]).ended;
  }

  start(
    args: readonly string[],
    onEvent: (event: BuildEvent) => void = () => undefined,
    environment: NodeJS.ProcessEnv = {},
    input = '',
  ): Started {
    const before = this.machinesStarted();
    const child = spawn(LAYER, args, {
      cwd: this.repository,
      env: { ...this.#environment(), ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid === undefined) throw new Error(`${LAYER} could not be started`);
    // A command that reads nothing may have ended by now.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const ended = follow(child, args.includes('--json'), onEvent).then((run) => ({
      ...run,
      machines: this.machinesStarted() - before,
    }));
    return { pid, ended, kill: (signalName) => void child.kill(signalName) };
  }

  /**
   * `layer` at a terminal of 80 columns, made by util-linux's script. When `prompt` appears on it, `typed` is typed. Resolves
   * to the exit code and all that was written to the terminal.
   */
  async atTerminal(
    args: readonly string[],
    { prompt, typed }: { readonly prompt: string; readonly typed: string },
  ): Promise<{ readonly exitCode: number | null; readonly written: string }> {
    const command = `stty cols 80 rows 24; exec ${[LAYER, ...args].join(' ')}`;
    const env = { ...this.#environment(), TERM: 'xterm' };
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: this.repository, env });
    let written = '';
    let answered = false;
    child.stdout.on('data', (bytes: Buffer) => {
      written += bytes.toString();
      if (!answered && written.includes(prompt)) child.stdin.write(typed);
      answered ||= written.includes(prompt);
    });
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, written };
  }

  /** What a shell that is typed at would find: `layer`'s path, for {@link terminal}. */
  readonly layer = LAYER;

  /** Commands of a shell at a terminal of 80 columns, in the repository. */
  terminal(commands: string): TerminalSession {
    return new TerminalSession(commands, {
      cwd: this.repository,
      env: { ...this.#environment(), TERM: 'xterm' },
    });
  }

  /** Process ids of all machines (and launchers of machines) that runs in this project have left. */
  strayMachines(): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => commandLine(pid).includes(`${this.temporary}/`))
      .map(Number);
  }

  machinesStarted(): number {
    return readFileSync(this.#starts, 'utf8').split('\n').length - 1;
  }

  #environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !UNSET.includes(name));
    const own = { LAYER_HOME: this.home, TMPDIR: this.temporary, [STARTS_VARIABLE]: this.#starts };
    return { ...withRecordingQemu(Object.fromEntries(inherited)), ...own };
  }

  #commit(): this {
    this.git('init', '--quiet');
    this.git('add', '.');
    this.git('commit', '--quiet', '-m', 'start');
    return this;
  }

  [Symbol.dispose](): void {
    for (const pid of this.strayMachines()) process.kill(pid, 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The `step` events of a run, as `outcome` words: `restored restored ran`. */
export function outcomes({ events }: Run): string {
  return stepsOf(events)
    .map(({ outcome }) => outcome)
    .join(' ');
}

export function stepOf({ events }: Run, number: number): StepEnded {
  const [step, ...more] = stepsOf(events).filter((event) => event.step === number);
  if (step === undefined || more.length > 0)
    throw new Error(`Step ${number} has ${more.length + 1} step events, or none`);
  return step;
}

export function resultOf({ events }: Run): BuildResult {
  // With --up more comes after it.
  const [last] = events.filter(({ event }) => event !== 'exposed' && event !== 'up').slice(-1);
  if (last?.event !== 'result') throw new Error('The last event of the build is no result');
  return last;
}

/** What a step printed to a stream, or to both, in the order in which it came. */
export function outputOf({ events }: Run, number: number, stream?: 'stdout' | 'stderr'): string {
  return events
    .filter((event) => event.event === 'output')
    .filter((event) => event.step === number && (stream === undefined || event.stream === stream))
    .map(({ text }) => text)
    .join('');
}

function stepsOf(events: readonly BuildEvent[]): readonly StepEnded[] {
  return events.filter((event) => event.event === 'step');
}

async function follow(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  isJson: boolean,
  onEvent: (event: BuildEvent) => void,
): Promise<Omit<Run, 'machines'>> {
  const written = { stdout: '', stderr: '' };
  const events: BuildEvent[] = [];
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (bytes: Buffer) => (written[name] += bytes.toString()));
  if (isJson) {
    readLines(child.stdout, (line) => {
      const event = JSON.parse(line) as BuildEvent;
      events.push(event);
      onEvent(event);
    });
  }
  const [exitCode, signalName] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { exitCode, signalName, ...written, events };
}

/** '' for a process that has ended, reaped or not. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
