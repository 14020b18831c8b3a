import { LayerError } from './layer-error.ts';

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);
const UNUSABLE_CODES = new Set(['EROFS', 'EACCES', 'EPERM', 'EIO', 'ENOTDIR', 'EMFILE', 'ENFILE']);

/** What the file system did to `place`, as `CACHE_FULL` or `CACHE_UNUSABLE` with a hint; anything else comes back as it is. */
export function asStorageError(error: unknown, place: string): unknown {
  const code = systemCode(error);
  if (FULL_CODES.has(code)) return storageFull(error, place);
  return UNUSABLE_CODES.has(code) ? storageUnusable(error, place) : error;
}

export function storageFull(cause: unknown, place: string): LayerError {
  return new LayerError('CACHE_FULL', `No space left in ${place}`, {
    cause,
    hint: 'Free some space with `layer prune`, or set LAYER_HOME to a folder on a bigger disk.',
  });
}

export function storageUnusable(cause: unknown, place: string): LayerError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new LayerError('CACHE_UNUSABLE', `Cannot use ${place}${why}`, {
    cause,
    hint: 'Check that the folder is writable and yours, or set LAYER_HOME to another one.',
  });
}

/** The code of a failed system call, for example `ENOSPC`; '' for any other error. */
export function systemCode(error: unknown): string {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return '';
  const syscall = 'syscall' in error ? error.syscall : undefined;
  // On a disk that fails, Node's rmSync gives an empty code, and its recursive mkdirSync says that there is no such folder.
  const isLost = (syscall === 'rm' && error.code === '') || (syscall === 'mkdir' && error.code === 'ENOENT');
  return isLost ? 'EIO' : error.code;
}
