import { LayerError } from './layer-error.ts';

/** `shared`: together with others that share it; `exclusive`: alone. */
export type LockMode = 'shared' | 'exclusive';

export interface LockWait {
  /** What is waited for, as it completes "Waited 20 s for …". */
  readonly name: string;
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** SQLite's result codes "busy" and "locked" (sqlite.org/rescode.html). */
const TAKEN_CODES = new Set([5, 6]);
const RETRY_MS = 50;

/**
 * The lock on `path` if nobody has it in a way that excludes this, else null. Disposing it gives the lock back, and so does
 * the end of the process, however it ends. `path` is an empty SQLite database: Node has no `flock`, and SQLite's locks are
 * the system's, are right between two uses in one process too, and are not inherited by the programs we start. Nothing
 * else may open the file: closing it would give up the locks of the whole process (fcntl(2)).
 */
export function tryLock(path: string, mode: LockMode): Disposable | null {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // A deferred transaction has its shared lock from its first read on.
    database.exec(mode === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
    const opened = database;
    return { [Symbol.dispose]: () => opened.close() };
  } catch (error) {
    database?.close();
    if (TAKEN_CODES.has(resultCode(error))) return null;
    throw new LayerError('CACHE_UNUSABLE', `Cannot lock ${path}`, {
      cause: error,
      hint: 'Check that its folder is writable and yours, and that its disk is not full.',
    });
  }
}

/** Waits for the lock on `path`. Throws `WAIT_TIMED_OUT` when the limit passes, and the signal's reason when it is aborted. */
export async function lock(path: string, mode: LockMode, { name, limitMs, signal }: LockWait): Promise<Disposable> {
  const endMs = performance.now() + limitMs;
  const { setTimeout: delay } = await import('node:timers/promises');
  for (;;) {
    signal?.throwIfAborted();
    const held = tryLock(path, mode);
    if (held !== null) return held;
    if (performance.now() > endMs) throw new LayerError('WAIT_TIMED_OUT', `Waited ${limitMs / 1000} s for ${name}`);
    // The system tells nobody that a lock of another process is free.
    await delay(RETRY_MS);
  }
}

/** The low byte of an extended code. */
function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}
