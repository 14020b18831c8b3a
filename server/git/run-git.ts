import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { LayerError } from '../../util/layer-error.ts';
import { printableLine } from '../../util/printable-text.ts';
import { gitEnvironment } from './git-environment.ts';
import type { GitSettings } from './git-settings.ts';

export interface GitCall {
  /** An absolute path; git's working folder. */
  readonly folder: string;
  readonly settings?: GitSettings;
  readonly environment?: Readonly<Record<string, string>>;
  /** Given to git's stdin. */
  readonly input?: string;
  /** 60 s by default. */
  readonly limitMs?: number;
  /** 16 MiB by default. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

/** git did not do what it was asked: the message is what it said of that, one printable line. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed';
}

const LIMIT_MS = 60_000;
const MAX_OUTPUT_BYTES = 16 * 2 ** 20;
const MAX_COMPLAINT = 4096;

/**
 * Runs git to its end, with a clean environment and within limits, and resolves to its stdout. Throws {@link GitFailed},
 * `PACKAGE_MISSING`, and the signal's reason. What is started ends with it: it is a process group of its own.
 */
export async function runGit(args: readonly string[], call: GitCall): Promise<string> {
  const { folder, settings = {}, environment = {}, limitMs = LIMIT_MS, signal } = call;
  signal?.throwIfAborted();
  const child = spawn('git', args, {
    cwd: folder,
    env: gitEnvironment({ 'safe.directory': folder, ...settings }, environment),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ends: (() => Error)[] = [];
  const end = (why: () => Error): void => {
    ends.push(why);
    endGroup(child.pid);
  };
  const timer = setTimeout(() => end(() => new GitFailed(`git took more than ${limitMs / 1000} s`)), limitMs);
  const onAbort = (): void => end(() => signal?.reason as Error);
  signal?.addEventListener('abort', onAbort, { once: true });
  const output: Buffer[] = [];
  let [bytes, complaint] = [0, ''];
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > (call.maxOutputBytes ?? MAX_OUTPUT_BYTES)) end(() => new GitFailed('git said more than was expected'));
    else output.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-MAX_COMPLAINT)));
  // git may end before it has read all: its exit code says what of that.
  child.stdin.on('error', () => undefined).end(call.input ?? '');
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    const [why] = ends;
    if (why !== undefined) throw why();
    if (code !== 0) throw new GitFailed(complaintOf(complaint));
    return Buffer.concat(output).toString('utf8');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? gitMissing(error) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Kills a process group; one that has ended already is no trouble. */
export function endGroup(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** What git wrote of why it failed: its last line that says something. */
export function complaintOf(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => printableLine(line).trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('hint:'));
  return said.at(-1) ?? 'git failed and did not say why';
}

function gitMissing(cause: unknown): LayerError {
  return new LayerError('PACKAGE_MISSING', 'git is not installed, and `layer serve` needs it', {
    cause,
    hint: 'Install it: `apt-get install git`.',
  });
}
