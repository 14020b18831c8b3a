import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { gitEnvironment } from '../util/ask-git.ts';
import { endProcess } from '../util/end-process.ts';
import { LayerError } from '../util/layer-error.ts';
import { maskCredentials, TRANSPORTS } from './repository-url.ts';

export interface GitOptions {
  /** What git does, as it completes "Waited 20 s for …". */
  readonly name: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly environment?: Readonly<Record<string, string>>;
}

/** git ended with a code other than 0; the message is what it wrote to stderr. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
}

/** More than the list of a repository's branches. */
const MAX_OUTPUT_CHARACTERS = 1 << 20;

/**
 * Runs git and resolves to its stdout. It asks nobody for anything, runs no hooks, and uses git's own transports only;
 * the user's settings (credential helpers, proxies) hold. Throws {@link GitFailure}, `PACKAGE_MISSING` where there is no
 * git, `WAIT_TIMED_OUT`, and the signal's reason.
 */
export async function runGit(args: readonly string[], options: GitOptions): Promise<string> {
  const limit = AbortSignal.timeout(options.limitMs);
  const signal = AbortSignal.any([options.signal, limit]);
  options.signal.throwIfAborted();
  const child = spawn('git', ['-c', 'core.hooksPath=/dev/null', ...args], {
    // Not the workspace: its settings are no part of how a repository is reached.
    cwd: '/',
    env: { ...gitEnvironment(), GIT_ALLOW_PROTOCOL: TRANSPORTS.join(':'), ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A session of its own has no terminal: neither git nor ssh can ask there, whatever the user's settings say.
    detached: true,
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] = (written[stream] + text).slice(-MAX_OUTPUT_CHARACTERS);
    });
  }
  const ended = once(child, 'close', { signal });
  try {
    const [code] = (await ended) as [number | null];
    if (code === 0) return written.stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw gitMissing(error);
    await endGroup(child);
    options.signal.throwIfAborted();
    if (limit.aborted) throw timedOut(options, written.stderr);
    throw error;
  }
  throw new GitFailure(messageOf(written.stderr));
}

/** What git says of what went wrong, credentials covered; never empty. */
function messageOf(stderr: string): string {
  const lines = maskCredentials(stderr)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  return lines.slice(-6).join('\n') || 'git failed and did not say why';
}

/** git, and the programs it has started for the transport. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const running = child.exitCode === null && child.signalCode === null;
  if (running)
    await endProcess(
      child,
      once(child, 'exit').then(() => undefined),
    );
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

function gitMissing(cause: unknown): LayerError {
  return new LayerError('PACKAGE_MISSING', 'git is not installed, and CLONE needs it', {
    cause,
    hint: 'Install it: `apt-get install git`.',
  });
}

function timedOut({ name, limitMs }: GitOptions, stderr: string): LayerError {
  return new LayerError(
    'WAIT_TIMED_OUT',
    `Waited ${limitMs / 1000} s for ${name}\n${maskCredentials(stderr)}`.trimEnd(),
  );
}
