import { statSync } from 'node:fs';

import { isRacilyClean } from './file-identity.ts';

/** `all` that stat tells of it; its `kind`: a file, a folder, nothing; `filled`: as `all`, but one that is empty is as good as none. */
export type GroundAspect = 'all' | 'kind' | 'filled';

/** A file that something was decided by. */
export interface Ground {
  /** Absolute. */
  readonly path: string;
  /** Mode, device, inode, size, mtime and ctime in ms since the epoch, links followed; mode 0 where nothing is. See {@link recordOf}. */
  readonly record: GroundRecord;
}

type GroundRecord = readonly [number, number, number, number, number, number];

interface Noted {
  readonly aspect: GroundAspect;
  readonly record: GroundRecord;
}

const TYPE_BITS = 0o170000;
const NOTHING = 0;
const FAILED = -1;
/** In the place of the device; fs-tracer/host/replay.c has the same. */
const DEVICE_OF_KIND = -1;
const DEVICE_OF_NONE_OR_EMPTY = -2;

let current: Grounds | null = null;

/**
 * Collects what is noted with {@link noteGround} until it is disposed: every file outside the memory of looks that a decision reads or
 * asks about. One at a time in a process.
 */
export class Grounds implements Disposable {
  readonly #beganAtMs = Date.now();
  readonly #noted = new Map<string, Noted>();
  #obstacle: string | null = null;

  static collect(): Grounds {
    if (current !== null) throw new Error('Internal error: grounds are collected already');
    return (current = new Grounds());
  }

  note(path: string, aspect: GroundAspect): void {
    if (!this.#noted.has(path)) this.#noted.set(path, { aspect, record: recordOf(path, aspect) });
  }

  spoil(why: string): void {
    this.#obstacle ??= why;
  }

  /** Why the same decision cannot be made from files alone; null where nothing said so. */
  get obstacle(): string | null {
    return this.#obstacle;
  }

  /**
   * All that was noted, each as it was before it was read; null where one changed since, or so lately that a change before it was read
   * might not show.
   */
  settled(): readonly Ground[] | null {
    const grounds: Ground[] = [];
    for (const [path, { aspect, record }] of this.#noted) {
      if (!isSteady(record, this.#beganAtMs) || !isSame(record, recordOf(path, aspect))) return null;
      grounds.push({ path, record });
    }
    return grounds;
  }

  [Symbol.dispose](): void {
    if (current === this) current = null;
  }
}

/** Says that a decision goes by the file at `path` (absolute), before it is read. Costs nothing where nobody collects. */
export function noteGround(path: string, aspect: GroundAspect = 'all'): void {
  current?.note(path, aspect);
}

/** Says that a decision goes by something that is no file: what is decided must be decided anew each time. */
export function noteUnrepeatable(why: string): void {
  current?.spoil(why);
}

function recordOf(path: string, aspect: GroundAspect): GroundRecord {
  const full = fullRecord(path);
  const [mode, , , size] = full;
  if (mode === FAILED) return full;
  if (aspect === 'kind') return [mode & TYPE_BITS, DEVICE_OF_KIND, 0, 0, 0, 0];
  if (aspect === 'filled' && size === 0) return [NOTHING, DEVICE_OF_NONE_OR_EMPTY, 0, 0, 0, 0];
  return full;
}

function fullRecord(path: string): GroundRecord {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [NOTHING, 0, 0, 0, 0, 0];
    return [stats.mode, stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs];
  } catch {
    return [FAILED, 0, 0, 0, 0, 0];
  }
}

function isSteady([mode, device, , , mtimeMs, ctimeMs]: GroundRecord, beganAtMs: number): boolean {
  if (mode === FAILED) return false;
  return device < 0 || mode === NOTHING || !isRacilyClean({ mtimeMs, ctimeMs }, beganAtMs);
}

function isSame(one: GroundRecord, other: GroundRecord): boolean {
  return one.every((value, index) => value === other[index]);
}
