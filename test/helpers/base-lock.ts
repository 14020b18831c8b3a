import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { layerHome } from '../../util/layer-home.ts';
import { lock, tryLock } from '../../util/process-lock.ts';

/** Making an image and booting it takes some minutes; on a busy host some more. */
const LIMIT_MS = 20 * 60_000;
const RETRY_MS = 50;

/**
 * The lock under which the test files make what they share in the user's own LAYER_HOME: base images and booted machines.
 * Two files run at a time; one makes it, and the other waits and finds it.
 */
export async function lockBases(): Promise<Disposable> {
  return lock(lockPath(), 'exclusive', { name: 'another test file that makes the base machine', limitMs: LIMIT_MS });
}

/** The same for who cannot wait but by standing still. */
export function lockBasesAtOnce(): Disposable {
  const path = lockPath();
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const endMs = performance.now() + LIMIT_MS; performance.now() < endMs; Atomics.wait(pause, 0, 0, RETRY_MS)) {
    const held = tryLock(path, 'exclusive');
    if (held !== null) return held;
  }
  throw new Error('Waited 20 minutes for another test file that makes the base machine');
}

function lockPath(): string {
  const folder = join(layerHome(), 'test-bases');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, 'lock');
}
