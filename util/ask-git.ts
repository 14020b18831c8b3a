import { execFileSync } from 'node:child_process';

/** What would make git work on another repository than the one it is told, when Layer itself runs in a git hook. */
const PLACES = new Set(
  ['DIR', 'WORK_TREE', 'INDEX_FILE', 'OBJECT_DIRECTORY', 'ALTERNATE_OBJECT_DIRECTORIES', 'COMMON_DIR', 'NAMESPACE']
    .concat(['PREFIX', 'QUARANTINE_PATH', 'SHALLOW_FILE'])
    .map((name) => `GIT_${name}`),
);
const LIMIT_MS = 30 * 60_000;
const MAX_OUTPUT_BYTES = 2 ** 30;

/** The environment of a git that works on the repository it is told and asks nobody for anything; the user's settings hold. */
export function gitEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !PLACES.has(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS_REQUIRE: 'never',
    GCM_INTERACTIVE: 'never',
    GIT_LFS_SKIP_SMUDGE: '1',
  };
}

export interface AskGitOptions {
  /** Given to git's stdin. */
  readonly input?: string;
  /** A file descriptor that gets git's stdout. */
  readonly output?: number;
}

/**
 * Runs git in `folder` to its end, blocking, and returns its stdout. Objects are taken as their ids say: replacements
 * (git-replace(1)) are of one repository, and no clone would see them. Throws what execFileSync throws, with git's words in
 * `stderr`.
 */
export function askGit(folder: string, args: readonly string[], { input, output }: AskGitOptions = {}): Buffer {
  return execFileSync('git', ['-c', 'core.hooksPath=/dev/null', ...args], {
    cwd: folder,
    env: { ...gitEnvironment(), GIT_NO_REPLACE_OBJECTS: '1' },
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    ...(input === undefined ? {} : { input }),
    stdio: [input === undefined ? 'ignore' : 'pipe', output ?? 'pipe', 'pipe'],
  });
}

/** What git wrote about why it failed, in one line; or that there is no git. */
export function gitComplaint(error: unknown): string {
  const { code, stderr } = error as { readonly code?: unknown; readonly stderr?: unknown };
  if (code === 'ENOENT') return 'git is not installed';
  const lines = Buffer.isBuffer(stderr) ? stderr.toString('utf8').split('\n') : [];
  const said = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('hint:'));
  return said.at(-1) ?? (error instanceof Error ? error.message : String(error));
}
