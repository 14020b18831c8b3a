import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

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

/** Resolves when the child has ended and its streams are closed, whoever closed them. */
export async function untilEnded(child: ChildProcessWithoutNullStreams): Promise<EndedChild> {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (written[name] += text));
  }
  const [exitCode, signalName] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { exitCode, signalName, ...written };
}
