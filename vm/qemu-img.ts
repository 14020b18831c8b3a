import { execFile } from 'node:child_process';

import { LayerError } from '../util/layer-error.ts';

const LIMIT_MS = 60_000;

/** Makes an empty qcow2 file over `backing` (which must never change again). Throws `CACHE_UNUSABLE`. */
export async function createOverlay(
  path: string,
  backing: string,
  backingFormat: 'raw' | 'qcow2',
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  try {
    const imageArguments = ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', backingFormat, path];
    await run(imageArguments, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new LayerError('CACHE_UNUSABLE', `qemu-img could not create ${path}`, {
      cause,
      hint: 'Is the disk full? `layer prune` frees space.',
    });
  }
}

/** Settles only when the program is gone: one that was cancelled must not write a file afterwards. */
async function run(imageArguments: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const [result, closed] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const options = { timeout: LIMIT_MS, signal, killSignal: 'SIGKILL' } as const;
  const child = execFile('qemu-img', imageArguments, options, (error) => {
    if (error === null) result.resolve(undefined);
    else result.reject(error);
  });
  child.once('close', () => closed.resolve(undefined));
  const [outcome] = await Promise.allSettled([result.promise, closed.promise]);
  if (outcome.status === 'rejected') throw outcome.reason;
}
