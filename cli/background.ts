import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/** Starts this program on `args`, at the lowest priority, as a process that outlives this one and writes nowhere. */
export function startInBackground(args: readonly string[]): void {
  const [, script = ''] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    cwd: '/',
    detached: true,
    stdio: 'ignore',
  });
  child.on('error', () => undefined);
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  child.unref();
}
