import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ends a child: asks (SIGTERM), and kills (SIGKILL) what has not ended within `graceMs`. Resolves when it is gone.
 * `exited` resolves when the child has exited or could not be started.
 */
export async function endProcess(
  child: ChildProcess,
  exited: Promise<void>,
  { askFirst = true, graceMs = 2000 }: { readonly askFirst?: boolean; readonly graceMs?: number } = {},
): Promise<void> {
  if (child.pid === undefined) return;
  if (askFirst) {
    child.kill('SIGTERM');
    const timer = new AbortController();
    await Promise.race([exited, delay(graceMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }
  child.kill('SIGKILL');
  await exited;
}
