import { execFile } from 'node:child_process';

import { LayerError } from '../util/layer-error.ts';
import { createOverlay } from './disk-overlay.ts';
import { escapeValue } from './machine-config.ts';

/** Gigabytes are copied. */
const LIMIT_MS = 1_800_000;

/**
 * Makes a qcow2 file over `foundation`, a qcow2 file that `disk` lies on, which holds all that lies between: `disk` for
 * short. Only what is allocated there is looked at (qemu-img(1), rebase: the chains share their end), and zeros are written
 * as such. Throws `CACHE_UNUSABLE`.
 */
export async function squashDisk(path: string, disk: string, foundation: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  createOverlay(path, disk, 'qcow2');
  const options = `driver=qcow2,discard=unmap,detect-zeroes=unmap,file.driver=file,file.filename=${escapeValue(path)}`;
  const rebase = ['rebase', '-q', '-t', 'writeback', '-b', foundation, '-F', 'qcow2', '--image-opts', options];
  try {
    await run(rebase, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new LayerError('CACHE_UNUSABLE', `qemu-img could not write ${path}`, {
      cause,
      hint: 'Is the disk full? `layer prune` frees space.',
    });
  }
}

/** Settles only when the program is gone: one that was cancelled must not write a file afterwards. */
async function run(imageArguments: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const [result, closed] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const options = { timeout: LIMIT_MS, signal, killSignal: 'SIGKILL' } as const;
  const child = execFile('qemu-img', imageArguments, options, (error, _, complaint) => {
    // What fails as the file is closed, its last tables for one, does not show in the exit code (QEMU 7.2).
    if (error === null && complaint === '') result.resolve(undefined);
    else result.reject(error ?? new Error(complaint.trim()));
  });
  child.once('close', () => closed.resolve(undefined));
  const [outcome] = await Promise.allSettled([result.promise, closed.promise]);
  if (outcome.status === 'rejected') throw outcome.reason;
}
