import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = join(import.meta.dirname, '../..');

/** Starts this Node on `args` from the root of the repository. */
export function startNode(...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { cwd: ROOT });
}

/** Starts this Node on TypeScript source, which may import from `./cli/...`. */
export function startScript(source: string): ChildProcessWithoutNullStreams {
  return startNode('--input-type=module-typescript', '--eval', source);
}

export interface EndedChild {
  readonly exitCode: number | null;
  readonly signalName: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function untilEnded(child: ChildProcessWithoutNullStreams): Promise<EndedChild> {
  const [stdout, stderr, [exitCode, signalName]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { exitCode, signalName, stdout, stderr };
}
