import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces `path` so that a crash leaves the old or the new content: temporary name, fsync, rename, fsync the folder. */
export function writeFileDurably(path: string, content: string | Buffer, mode = 0o600): void {
  const temporary = temporaryName(path);
  writeAndSync(temporary, content, mode);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/**
 * Makes `path`; a file that is there already stays as it is. Of several processes at once one wins, and nobody sees a part:
 * link(2) makes the name whole or, where it is taken, not at all.
 */
export function createFileDurably(path: string, content: string | Buffer, mode = 0o600): void {
  const temporary = temporaryName(path);
  try {
    writeAndSync(temporary, content, mode);
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
}

function temporaryName(path: string): string {
  return `${path}.${process.pid}.tmp`;
}

function writeAndSync(path: string, content: string | Buffer, mode: number): void {
  const fd = openSync(path, 'w', mode);
  try {
    const bytes = Buffer.from(content);
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names in a folder durable. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
