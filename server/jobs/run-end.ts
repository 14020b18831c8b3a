import { readFileSync } from 'node:fs';

import { writeFileDurably } from '../../util/durable-file.ts';
import type { WorkEnd } from '../worker/messages.ts';
import type { ButtonPlace, JobCounts } from './job.ts';

/**
 * How a run ended, as its worker leaves it at `jobs/ID/RUN.end` before it tells the server: where the server is killed just then, the
 * run is over all the same, and the next server takes its end from here. Without it a run that was cut off is run again.
 */
export interface RunEnd {
  readonly end: WorkEnd;
  /** Null where nothing was decided. */
  readonly counts: JobCounts | null;
  /** The BUTTONs that wait. */
  readonly waiting: readonly ButtonPlace[];
}

/** Of another version: it was left by another Layer, and is no end for this one. */
const VERSION = 1;

export function writeRunEnd(path: string, end: RunEnd): void {
  writeFileDurably(path, JSON.stringify({ version: VERSION, ...end }));
}

/** Null where there is none. */
export function readRunEnd(path: string): RunEnd | null {
  try {
    const read = JSON.parse(readFileSync(path, 'utf8')) as RunEnd & { readonly version: unknown };
    return read.version === VERSION ? read : null;
  } catch {
    return null;
  }
}
