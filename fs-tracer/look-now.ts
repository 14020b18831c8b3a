import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { INSTALLATION } from '../util/installation.ts';
import { hostPath } from './host-path.ts';
import { type LookFile, NONCE_BYTES } from './look-file.ts';
import { isSame, lookInto, RECORD_BYTES, RECORD_DOUBLES, recordIn } from './look-record.ts';
import { toReadablePath } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/** What the paths of a look file are like now: as the file has them, but for these. */
export interface Looks {
  /** Milliseconds since the epoch, before the first of them was looked at. */
  readonly lookedAtMs: number;
  /** Their numbers, ascending. */
  readonly changed: Uint32Array;
  /** One record for each of `changed`. */
  readonly records: Float64Array;
}

/** The program that looks faster (see host/look.c); set-up builds it. */
export const LOOK_HELPER = join(INSTALLATION, 'fs-tracer/host/build/layer-look');

/** Starting the helper takes as long as looking at some 1,500 paths from here. */
const WORTH_A_PROCESS = 2500;

/** Nonce, time, count and four NULs. */
const ANSWER_HEAD_BYTES = NONCE_BYTES + 16;

/** Where the helper that ./layer started puts its answer: two descriptors, as in host/look.c. */
export interface LookAhead {
  /** Names this command in this folder. */
  readonly key: string;
  /** Names all else that its outcome may depend on besides files (host/replay.c). */
  readonly facts: string;
  readonly answer: { readonly descriptor: number; readonly end: number } | null;
}

/** Reads what host/look.c left in the environment; null where Layer was not started through it. */
export function parseLookAhead(setting: string | undefined): LookAhead | null {
  const [, key, facts, descriptor, end] = /^([0-9a-f]{16}),([0-9a-f]{32})(?:,(\d+),(\d+))?$/.exec(setting ?? '') ?? [];
  if (key === undefined || facts === undefined) return null;
  const answer = descriptor === undefined ? null : { descriptor: Number(descriptor), end: Number(end) };
  return { key, facts, answer };
}

/**
 * Looks at all paths of `file`, which is at `path`: takes the answer of the helper that was started ahead of this process if it
 * is about this file, else starts the helper where there is much to look at, else looks from here. All give the same. Null
 * where the file is damaged.
 */
export function lookNow(file: LookFile, path: string, ahead: LookAhead | null): Looks | null {
  const answer = ahead?.answer ?? null;
  return (answer === null ? null : fromAhead(answer, file)) ?? fromHelper(file, path) ?? fromHere(file);
}

/** Looks from here. */
export function fromHere(file: LookFile): Looks | null {
  if (!file.isIntact()) return null;
  const lookedAtMs = Date.now();
  const root = toReadablePath(file.root);
  const front = file.front();
  const now = new Float64Array(front.records.length);
  const changed: number[] = [];
  for (const [index, path] of front.paths().entries()) {
    lookInto(now, index, placeOf(root, path));
    if (!isSame(now, front.records, index)) changed.push(index);
  }
  const records = new Float64Array(changed.length * RECORD_DOUBLES);
  for (const [place, index] of changed.entries()) records.set(recordIn(now, index), place * RECORD_DOUBLES);
  return { lookedAtMs, changed: Uint32Array.from(changed), records };
}

/** Null where there is no helper, it fails, or it is not worth it. */
export function fromHelper(file: LookFile, path: string, worthwhile = WORTH_A_PROCESS): Looks | null {
  if (file.count < worthwhile) return null;
  const { status, stdout } = spawnSync(LOOK_HELPER, [path], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: ANSWER_HEAD_BYTES + file.count * (RECORD_BYTES + 8),
  });
  return status === 0 ? readAnswer(stdout, file) : null;
}

/** Null where it is an answer about something else, or none. */
function fromAhead({ descriptor, end }: NonNullable<LookAhead['answer']>, file: LookFile): Looks | null {
  try {
    // Nothing is ever written to this pipe: reading it ends when the helper has.
    readSync(end, Buffer.alloc(1));
    const bytes = Buffer.alloc(fstatSync(descriptor).size);
    return readSync(descriptor, bytes, 0, bytes.length, 0) === bytes.length ? readAnswer(bytes, file) : null;
  } catch {
    return null;
  }
}

/** Nobody will read the answer (any more). */
export function closeAhead({ answer }: LookAhead): void {
  for (const descriptor of answer === null ? [] : [answer.descriptor, answer.end]) {
    try {
      closeSync(descriptor);
    } catch {
      // The environment named a descriptor that is not open.
    }
  }
}

/** The answer's form is in host/look.c. */
function readAnswer(bytes: Buffer, file: LookFile): Looks | null {
  if (bytes.length < ANSWER_HEAD_BYTES || !bytes.subarray(0, NONCE_BYTES).equals(file.nonce)) return null;
  const count = bytes.readUInt32LE(NONCE_BYTES + 8);
  const recordsAt = ANSWER_HEAD_BYTES + Math.ceil(count / 2) * 8;
  if (bytes.length !== recordsAt + count * RECORD_BYTES) return null;
  // In memory of its own, where the numbers are at multiples of their size.
  const { buffer } = new Uint8Array(bytes);
  return {
    lookedAtMs: bytes.readDoubleLE(NONCE_BYTES),
    changed: new Uint32Array(buffer, ANSWER_HEAD_BYTES, count),
    records: new Float64Array(buffer, recordsAt, count * RECORD_DOUBLES),
  };
}

/** Where `path` of a look file is on the host; absolute ones are latin1 as well. */
export function placeOf(root: string, path: string): string | Buffer {
  return path.startsWith('/') ? hostPath('', path.slice(1) as WorkspacePath) : hostPath(root, path as WorkspacePath);
}
