import { closeSync, constants, openSync, readSync } from 'node:fs';

/**
 * Throws away the lines that were typed at the terminal on stdin before now and that nobody has read: what was typed before a
 * question was asked is no answer to it. The terminal is opened anew, so that reading may fail where nothing is there (EAGAIN) and
 * stdin itself still waits. A line that is not ended yet stays.
 */
export function forgetTyped(): void {
  const bytes = Buffer.alloc(4096);
  try {
    const terminal = openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      while (readSync(terminal, bytes) > 0);
    } finally {
      closeSync(terminal);
    }
  } catch {
    // Nothing is there any more; or it is no terminal that can be opened anew: then what was typed counts.
  }
}
