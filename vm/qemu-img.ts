import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { LayerError } from '../util/layer-error.ts';

const run = promisify(execFile);

const LIMIT_MS = 60_000;

/** Makes an empty qcow2 file over `backing` (which must never change again). Throws `CACHE_UNUSABLE`. */
export async function createOverlay(
  path: string,
  backing: string,
  backingFormat: 'raw' | 'qcow2',
  signal?: AbortSignal,
): Promise<void> {
  try {
    const imageArguments = ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', backingFormat, path];
    await run('qemu-img', imageArguments, { timeout: LIMIT_MS, signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new LayerError('CACHE_UNUSABLE', `qemu-img could not create ${path}`, {
      cause,
      hint: 'Is the disk full? `layer prune` frees space.',
    });
  }
}
