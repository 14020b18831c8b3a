import { join } from 'node:path';

import { INSTALLATION } from '../util/installation.ts';
import { type Ground, type Grounds, noteGround } from '../util/grounds.ts';
import { bytesOf, padded, wordsOf } from './aligned-bytes.ts';
import { CHECKSUM_AT, checksumOf } from './look-checksum.ts';
import { storeLookFile } from './look-store.ts';

/** What a run printed, but for how long it took. */
export interface ReplayText {
  readonly before: string;
  readonly after: string;
  /** How the duration is printed between them. */
  readonly duration: keyof typeof DURATIONS;
}

/** Where a replay is kept, and the look file that it goes with. */
export interface ReplayPlace {
  readonly folder: string;
  /** host/replay.c finds it by that. */
  readonly name: string;
  /** Of the look file, 8 bytes. */
  readonly nonce: Buffer;
}

/** As host/replay.c numbers them. */
const DURATIONS = { none: 0, 'whole milliseconds': 1, 'for people': 2 } as const;

const MAGIC = 'layerrp\x01';
const HEAD_BYTES = 64;
const COUNTS_AT = 8;
const NONCE_AT = 24;
const KEPT_AT = 48;
const DURATION_AT = 56;

/**
 * Keeps what a run printed of which nothing was to run, so that host/replay.c can print it again as long as the paths of the look file
 * and the grounds are as they were. Nothing is kept where the decision went by more than that, or by something that changed lately.
 */
export function keepReplay({ folder, name, nonce }: ReplayPlace, grounds: Grounds, text: ReplayText): void {
  // What made the decision, and would make another one if it were another.
  noteGround(join(INSTALLATION, 'dist/main.cjs'));
  const settled = grounds.obstacle === null ? grounds.settled() : null;
  if (settled !== null)
    storeLookFile(folder, name, encodeReplay({ grounds: settled, text, nonce, keptAtMs: Date.now() }));
}

interface Replay {
  readonly grounds: readonly Ground[];
  readonly text: ReplayText;
  readonly nonce: Buffer;
  /** Milliseconds since the epoch: it stands for ten minutes. */
  readonly keptAtMs: number;
}

/**
 * The form of a replay file, little endian:
 *
 *   magic     8 bytes, "layerrp" and the format's version as one byte (now 1)
 *   head      u32 count of grounds, u32 bytes of their paths, u32 bytes before the duration, u32 bytes after it; 8 bytes of the
 *             look file's nonce; 16 bytes of checksum of the rest (look-checksum.ts); f64 of when it was kept, ms since the
 *             epoch; u32 how the duration is printed; u32 0
 *   grounds   6 f64 each (util/grounds.ts), then the path of each, ended by NUL
 *   text      before the duration, then after it, UTF-8; NULs up to a multiple of 16
 */
function encodeReplay({ grounds, text, nonce, keptAtMs }: Replay): Buffer {
  const paths = Buffer.from(grounds.map(({ path }) => `${path}\0`).join(''));
  const [before, after] = [Buffer.from(text.before), Buffer.from(text.after)];
  const records = bytesOf(Float64Array.from(grounds.flatMap(({ record }) => record)));
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  for (const [place, value] of [grounds.length, paths.length, before.length, after.length].entries())
    head.writeUInt32LE(value, COUNTS_AT + place * 4);
  nonce.copy(head, NONCE_AT);
  head.writeDoubleLE(keptAtMs, KEPT_AT);
  head.writeUInt32LE(DURATIONS[text.duration], DURATION_AT);
  const whole = padded(Buffer.concat([head, records, paths, before, after]));
  bytesOf(checksumOf(wordsOf(whole))).copy(whole, CHECKSUM_AT);
  return whole;
}
