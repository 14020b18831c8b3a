import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { INSTALLATION } from '../util/installation.ts';
import { hostPath } from './host-path.ts';
import { type LookFile, NONCE_BYTES } from './look-file.ts';
import { lookInto, RECORD_DOUBLES } from './look-record.ts';
import { toReadablePath } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/** What all paths of a look file are like now. */
export interface Looks {
  /** Milliseconds since the epoch, before the first of them was looked at. */
  readonly lookedAtMs: number;
  readonly records: Float64Array;
}

/** The program that looks faster (see host/look.c); set-up builds it. */
export const LOOK_HELPER = join(INSTALLATION, 'fs-tracer/host/build/layer-look');

/** Starting the helper takes as long as looking at some 1,500 paths from here. */
const WORTH_A_PROCESS = 2500;

/** Where the helper that ./layer started puts its answer: two descriptors, as in host/look.c. */
export interface LookAhead {
  /** Names this command in this folder. */
  readonly key: string;
  readonly answer: { readonly descriptor: number; readonly end: number } | null;
}

/** Reads what host/look.c left in the environment; null where Layer was not started through it. */
export function parseLookAhead(setting: string | undefined): LookAhead | null {
  const [, key, descriptor, end] = /^([0-9a-f]{16})(?:,(\d+),(\d+))?$/.exec(setting ?? '') ?? [];
  if (key === undefined) return null;
  const answer = descriptor === undefined ? null : { descriptor: Number(descriptor), end: Number(end) };
  return { key, answer };
}

/**
 * Looks at all paths of `file`, which is at `path`: takes the answer of the helper that was started ahead of this process if it
 * is about this file, else starts the helper where there is much to look at, else looks from here. All give the same.
 */
export function lookNow(file: LookFile, path: string, ahead: LookAhead | null): Looks {
  const answer = ahead?.answer ?? null;
  return (answer === null ? null : fromAhead(answer, file)) ?? fromHelper(file, path) ?? fromHere(file);
}

/** Looks from here. */
export function fromHere(file: LookFile): Looks {
  const lookedAtMs = Date.now();
  const root = toReadablePath(file.root);
  const records = new Float64Array(file.count * RECORD_DOUBLES);
  for (const [index, path] of file.paths().entries()) lookInto(records, index, placeOf(root, path));
  return { lookedAtMs, records };
}

/** Null where there is no helper, it fails, or it is not worth it. */
export function fromHelper(file: LookFile, path: string, worthwhile = WORTH_A_PROCESS): Looks | null {
  if (file.count < worthwhile) return null;
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const ended = spawnSync(LOOK_HELPER, [path], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: answerBytes(file),
  });
  return ended.status === 0 ? readAnswer(ended.stdout, file) : null;
}

/** Null where it is an answer about something else, or none. */
function fromAhead({ descriptor, end }: NonNullable<LookAhead['answer']>, file: LookFile): Looks | null {
  try {
    // Nothing is ever written to this pipe: reading it ends when the helper has.
    readSync(end, Buffer.alloc(1));
    if (fstatSync(descriptor).size !== answerBytes(file)) return null;
    const bytes = Buffer.from(new ArrayBuffer(answerBytes(file)));
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

function answerBytes(file: LookFile): number {
  return NONCE_BYTES + 8 + file.records.byteLength;
}

function readAnswer(bytes: Buffer, file: LookFile): Looks | null {
  if (bytes.length !== answerBytes(file) || !bytes.subarray(0, NONCE_BYTES).equals(file.nonce)) return null;
  const start = bytes.byteOffset + NONCE_BYTES + 8;
  const buffer = start % 8 === 0 ? bytes.buffer : new Uint8Array(bytes).buffer;
  const at = start % 8 === 0 ? start : NONCE_BYTES + 8;
  const records = new Float64Array(buffer, at, file.count * RECORD_DOUBLES);
  return { lookedAtMs: bytes.readDoubleLE(NONCE_BYTES), records };
}

/** Where `path` of a look file is on the host; absolute ones are latin1 as well. */
export function placeOf(root: string, path: string): string | Buffer {
  return path.startsWith('/') ? hostPath('', path.slice(1) as WorkspacePath) : hostPath(root, path as WorkspacePath);
}
