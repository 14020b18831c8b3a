import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { LAYER } from '../seed-home.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');
const UNSET = ['NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'FORCE_COLOR', 'XDG_CACHE_HOME'];

/** Whom the tests trace as. `root` mounts as it is, an ordinary user in a user namespace. */
export type Tracer = 'root' | 'user';

/** What stands for an ordinary user where the tests run as root. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/**
 * Where root tests for an ordinary user: a mount namespace in which the device has the mode that it has on most systems, 0666,
 * and then the rights of nobody. The folder is for that device.
 */
const AS_NOBODY = `mount -t tmpfs none "$1" && mknod -m "$2" "$1/fuse" c 10 229 && mount --bind "$1/fuse" /dev/fuse && shift 2 &&
  exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"`;

export interface Ended {
  readonly exitCode: number | null;
  readonly signalName: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `layer trace`. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves when the command's output so far holds `text`. */
  readonly says: (text: string) => Promise<void>;
}

export interface Surroundings {
  readonly environment?: NodeJS.ProcessEnv;
  /** In the project. */
  readonly folder?: string;
  /** A program that does something in the mount namespace of the run, and executes the rest. */
  readonly inNamespace?: readonly string[];
  /** Of the FUSE device, for ordinary users; default 666. */
  readonly deviceMode?: string;
}

/** A git repository with a LAYER_HOME and a TMPDIR of its own, in which commands are traced as a user types it. */
export class TracedProject implements Disposable {
  readonly #base = mkdtempSync(join(tmpdir(), 'layer-trace-test-'));
  readonly #tracer: Tracer;
  readonly folder = join(this.#base, 'project');
  /** Runs put their folders here, and remove them. */
  readonly temporary = join(this.#base, 'tmp');

  private constructor(tracer: Tracer) {
    this.#tracer = tracer;
    chmodSync(this.#base, 0o755);
    for (const name of ['project', 'tmp', 'home', 'device']) mkdirSync(join(this.#base, name));
  }

  static of(tracer: Tracer, files: Readonly<Record<string, string>>): TracedProject {
    const project = new TracedProject(tracer);
    for (const [path, text] of Object.entries(files)) project.write(path, text);
    return project.#commit();
  }

  static ofExample(tracer: Tracer, name: string): TracedProject {
    const project = new TracedProject(tracer);
    cpSync(join(EXAMPLES, name), project.folder, { recursive: true });
    return project.#commit();
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  }

  /** `layer trace ARGUMENTS` in the project, to its end; `input` is its stdin. */
  async trace(
    args: readonly string[],
    { input = '', ...surroundings }: Surroundings & { input?: string } = {},
  ): Promise<Ended> {
    const running = this.start(args, surroundings);
    running.child.stdin.on('error', () => undefined).end(input);
    return await running.ended;
  }

  /** What a command observes, as lines of `--format paths`; it must end with 0. */
  async observed(...command: readonly string[]): Promise<readonly string[]> {
    const ended = await this.trace(['--format', 'paths', '--', ...command]);
    if (ended.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${ended.exitCode}: ${ended.stderr}`);
    return ended.stdout.split('\n').slice(0, -1);
  }

  /** In a process group of its own, as a shell starts it. */
  start(args: readonly string[], surroundings: Surroundings = {}): Running {
    const { environment = {}, folder = '.', deviceMode = '666', inNamespace } = surroundings;
    const wrapper =
      this.#tracer === 'user' && isRoot
        ? ['unshare', '--mount', 'sh', '-c', AS_NOBODY, 'sh', join(this.#base, 'device'), deviceMode]
        : inNamespace === undefined
          ? []
          : ['unshare', '--mount', ...inNamespace];
    const [program = '', ...rest] = [...wrapper, LAYER, 'trace', ...args];
    const own = { LAYER_HOME: join(this.#base, 'home'), TMPDIR: this.temporary, ...environment };
    const env = { ...process.env, ...Object.fromEntries(UNSET.map((name) => [name, undefined])), ...own };
    const child = spawn(program, rest, { cwd: join(this.folder, folder), env, detached: true });
    return watched(child);
  }

  /** Every file, folder and link of the project, with all that a write could change. */
  tree(): Readonly<Record<string, string>> {
    const paths = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).sort();
    return Object.fromEntries(['.', ...paths].map((path) => [path, describe(join(this.folder, path))]));
  }

  [Symbol.dispose](): void {
    rmSync(this.#base, { recursive: true, force: true });
  }

  #commit(): this {
    const git = (...args: readonly string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=t@example.org', ...args], { cwd: this.folder });
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '-m', 'start');
    if (this.#tracer === 'user' && isRoot) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, this.#base]);
    return this;
  }
}

function watched(child: ChildProcessWithoutNullStreams): Running {
  const said = { stdout: '', stderr: '' };
  const onText = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const listener of onText) listener();
    });
  }
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = closed.then(([exitCode, signalName]) => ({ exitCode, signalName, ...said }));
  const says = async (text: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const listener = (): void => {
      if (said.stdout.includes(text)) resolve(undefined);
    };
    onText.add(listener);
    listener();
    void closed.then(() => reject(new Error(`It ended without saying ${text}: ${said.stdout}${said.stderr}`)));
    await promise;
  };
  return { child, ended, says };
}

function describe(path: string): string {
  const stats = lstatSync(path, { bigint: true });
  const what = [stats.mode.toString(8), stats.uid, stats.gid, stats.ino, stats.nlink].join(' ');
  if (stats.isSymbolicLink()) return `${what} -> ${readlinkSync(path)}`;
  return stats.isFile() ? `${what} ${stats.mtimeNs} ${readFileSync(path, 'latin1')}` : `${what} ${stats.mtimeNs}`;
}

/** Why tests cannot trace as this one here, in few words; null where they can. */
async function tracingObstacle(tracer: Tracer): Promise<string | null> {
  if (tracer === 'root' && !isRoot) return 'not run as root';
  if (tracer === 'user' && isRoot && !nobodyCanRead(LAYER)) return 'nobody cannot read this clone';
  using project = TracedProject.of(tracer, {});
  const { exitCode, stderr } = await project.trace(['--', 'true']);
  return exitCode === 3 ? (/Cannot trace: (.*)/.exec(stderr)?.[1] ?? null) : null;
}

function nobodyCanRead(path: string): boolean {
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return spawnSync('setpriv', [...ids, 'test', '-r', path, '-a', '-r', process.execPath]).status === 0;
}

const TRACERS: readonly (readonly [Tracer, string])[] = [
  ['root', 'as root'],
  ['user', 'as an ordinary user'],
];

const OBSTACLES = new Map<Tracer, string | null>();
for (const [tracer] of TRACERS) OBSTACLES.set(tracer, await tracingObstacle(tracer));

/** Registers a test for root and one for an ordinary user; skipped, with the reason in its title, where FUSE is not usable. */
export function traceTest(title: string, body: (t: ExecutionContext, tracer: Tracer) => Promise<void>): void {
  for (const [tracer, who] of TRACERS) traceTestAs(tracer, `${who}, ${title}`, body);
}

/** The same for one of them. */
export function traceTestAs(
  tracer: Tracer,
  title: string,
  body: (t: ExecutionContext, tracer: Tracer) => Promise<void>,
): void {
  const obstacle = OBSTACLES.get(tracer) ?? null;
  if (obstacle === null) test.serial(title, (t) => body(t, tracer));
  else test.serial.skip(`${title} (skipped: ${obstacle})`, () => undefined);
}

/** Whichever of them can trace here, root first. */
export const ANY_TRACER: Tracer = OBSTACLES.get('root') === null ? 'root' : 'user';
