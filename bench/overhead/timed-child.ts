import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { readLines } from '../../util/read-lines.ts';

/** Of one process and all that it started and waited for. */
export interface ChildTime {
  readonly wallMs: number;
  /** User and system: what is left of the time on a busy machine. */
  readonly cpuMs: number;
}

const CPU = /^cpu ([\d.]+) ([\d.]+)$/m;

/** Runs a program to its end, which must be a good one; `onLine` gets each line that it prints when it does. */
export async function timeChild(
  command: readonly string[],
  { folder, environment }: { readonly folder: string; readonly environment: NodeJS.ProcessEnv },
  onLine: (line: string) => void,
): Promise<ChildTime> {
  const began = performance.now();
  const child = spawn('bash', ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', ...command], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  readLines(child.stdout, onLine);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const wallMs = performance.now() - began;
  const [, user, system] = CPU.exec(stderr) ?? [];
  if (exitCode !== 0 || user === undefined) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${stderr}`);
  return { wallMs, cpuMs: (Number(user) + Number(system)) * 1000 };
}
