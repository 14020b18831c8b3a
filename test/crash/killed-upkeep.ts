import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { PointLog } from './point-log.ts';

const PROGRAM = join(import.meta.dirname, 'upkeep-child.ts');
const HOUR_MS = 3_600_000;
/** More than snapshots ever take: nothing goes for want of room. */
const ALL_BYTES = Number.MAX_SAFE_INTEGER;
/** The first guess; then what one that nobody killed took. */
const FIRST_MS = 1500;

export interface UpkeepPlace {
  readonly home: string;
  readonly temporary: string;
  /** Is written anew. */
  readonly log: string;
}

/** Upkeep of a home that is killed at random instants, again and again. */
export class KilledUpkeep {
  readonly #place: UpkeepPlace;
  readonly #random: () => number;
  #workMs = FIRST_MS;

  constructor(place: UpkeepPlace, random: () => number) {
    this.#place = place;
    this.#random = random;
  }

  /**
   * What was killed and where, for people and counts; null where it ended before. `alone`: no run is under way. Where it makes room, it
   * leaves `pressedBytes`.
   */
  async once(pressedBytes: number, alone: boolean): Promise<string | null> {
    // Packing may wait, making room may not: one of the two.
    const isPressed = this.#random() < 0.4;
    const [keepBytes, aheadMs] = isPressed ? [pressedBytes, 0] : [ALL_BYTES, 2 * HOUR_MS];
    using log = new PointLog(this.#place.log);
    const child = this.#start(keepBytes, alone ? aheadMs : 0, log.environment());
    const ended = once(child, 'exit').then(() => 'ended' as const);
    const began = performance.now();
    await Promise.race([once(child.stdout, 'data'), ended]);
    const first = await Promise.race([ended, delay(this.#random() * this.#workMs, 'now' as const)]);
    if (first === 'ended') {
      this.#workMs = (this.#workMs + performance.now() - began) / 2;
      return null;
    }
    child.kill('SIGKILL');
    await ended;
    const stage = log.passedBy(child.pid ?? 0).at(-1) ?? 'at its beginning';
    return `upkeep killed ${alone ? '' : 'beside a run '}${stage.includes(':') ? `after ${stage}` : stage}`;
  }

  /** At a fault point; null where it never came there. */
  async at(point: string, pressedBytes: number): Promise<string | null> {
    using log = new PointLog(this.#place.log);
    const keepBytes = point.startsWith('evict:') ? pressedBytes : ALL_BYTES;
    const child = this.#start(keepBytes, 2 * HOUR_MS, log.environment({ point, target: 'upkeep' }));
    await once(child, 'exit');
    return log.passedBy(child.pid ?? 0).includes('struck') ? `upkeep killed at ${point}` : null;
  }

  #start(keepBytes: number, aheadMs: number, environment: NodeJS.ProcessEnv): ChildProcess & { stdout: Readable } {
    const { home, temporary } = this.#place;
    const program = ['--disable-warning=ExperimentalWarning', PROGRAM, home, String(keepBytes), String(aheadMs)];
    const env = { ...process.env, ...environment, LAYER_HOME: home, TMPDIR: temporary };
    return spawn(process.execPath, program, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  }
}

type Readable = NonNullable<ChildProcess['stdout']>;
