import type { Lab } from './lab.ts';
import { SERIES } from './measure.ts';
import type { Samples } from './samples.ts';

export interface BenchOptions {
  readonly rounds: number;
  /** The whole range of the x axis, which may take an hour and 60 GB. */
  readonly full: boolean;
  readonly peers: boolean;
  /** Tells how far it is. */
  readonly onProgress: (text: string) => void;
}

/** One thing that the cost of a snapshot might depend on. */
export interface Question {
  readonly name: string;
  readonly title: string;
  readonly xLabel: string;
  readonly run: (lab: Lab, options: BenchOptions) => Promise<Samples>;
  readonly verdicts: (samples: Samples) => readonly Verdict[];
}

export interface Verdict {
  readonly what: string;
  readonly measured: number;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Issue 5, acceptance: how long a restore may take, how flat it must be, and what a save may take beside its bytes. */
const LIMITS = { restoreMs: 120, spread: 1.5, saveMs: 50, saveMibPerMs: 500 / 1024, stored: 1.1 } as const;

export function restoreVerdicts(samples: Samples): readonly Verdict[] {
  const slowest = Math.max(...samples.line(SERIES.restore).map(([, ms]) => ms));
  return [
    { what: 'restore, the slowest median (ms)', measured: slowest, atMost: LIMITS.restoreMs },
    { what: 'restore, slowest by fastest', measured: samples.spread(SERIES.restore), atMost: LIMITS.spread },
  ];
}

/** A save may take 50 ms and what its written bytes take at 500 MB/s. */
export function saveVerdict(samples: Samples): Verdict {
  const overs = samples.line(SERIES.save).map(([x, ms]) => {
    const bytes = samples.median(SERIES.dirty, x) ?? NaN;
    return ms / (LIMITS.saveMs + bytes / LIMITS.saveMibPerMs);
  });
  return { what: 'save, by 50 ms and its bytes at 500 MB/s', measured: Math.max(...overs), atMost: 1 };
}

/** What is stored, of memory, devices and disk, by the pages and clusters of the step that are not zero: where it is most. */
export function storedVerdict(samples: Samples): Verdict {
  const most = Math.max(...samples.line(SERIES.storedByDirty).map(([, ratio]) => ratio));
  return { what: 'stored for a step by its dirty pages and clusters', measured: most, atMost: LIMITS.stored };
}

export function flatSaveVerdict(samples: Samples): Verdict {
  return { what: 'save, slowest by fastest', measured: samples.spread(SERIES.save), atMost: LIMITS.spread };
}

/** How many times faster than each of QEMU's own ways, at the place where it is the least. */
export function peerVerdicts(samples: Samples, x: number, atLeast: number): readonly Verdict[] {
  const pairs = [
    [SERIES.save, SERIES.savevm, ''],
    [SERIES.save, SERIES.migrateOut, ''],
    [SERIES.restore, SERIES.loadvm, ', both with the start of QEMU'],
    [SERIES.restore, SERIES.migrateIn, ', both with the start of QEMU'],
    [SERIES.restoreInPlace, SERIES.loadvmInPlace, ', both without'],
    [SERIES.restoreInPlace, SERIES.migrateInPlace, ', both without'],
  ] as const;
  return pairs.flatMap(([ours, theirs, how]) => {
    const [own, other] = [samples.median(ours, x), samples.median(theirs, x)];
    if (own === undefined || other === undefined) return [];
    return [{ what: `${ours}: times faster than ${theirs}, at ${x}${how}`, measured: other / own, atLeast }];
  });
}

export function verdictText({ what, measured, atMost, atLeast }: Verdict): string {
  const kept = (atMost === undefined || measured <= atMost) && (atLeast === undefined || measured >= atLeast);
  const limit = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
  return `${what}: ${measured.toFixed(2)} (${limit}): ${kept ? 'kept' : 'MISSED'}`;
}
