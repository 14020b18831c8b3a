import type { Lab, LabSave, Saved } from './lab.ts';
import { countingDirty, dirtyClusterBytes } from './dirty.ts';
import { measurePeers, type PeerFigures } from './peer.ts';
import type { Samples } from './samples.ts';
import { settleHost } from './settle.ts';

/** Series of milliseconds, "cpu" is processor time (a restore's: QEMU's), but the last ones: MiB, and a ratio of bytes. */
export const SERIES = {
  save: 'save',
  restore: 'restore',
  ready: 'restore, ready',
  restoreCpu: 'restore cpu',
  bareStart: 'bare start',
  restoreInPlace: 'restore less bare start',
  saveCpu: 'save cpu',
  savevm: 'savevm',
  loadvm: 'loadvm',
  loadvmInPlace: 'loadvm in place',
  migrateOut: 'migrate out',
  migrateIn: 'migrate in',
  migrateInPlace: 'migrate in, in place',
  dirty: 'written MiB',
  stored: 'memory stored MiB',
  disk: 'disk stored MiB',
  storedByDirty: 'stored by dirty',
} as const;

/** What the plot shows. */
export const TIMES = [
  SERIES.save,
  SERIES.restore,
  SERIES.savevm,
  SERIES.loadvm,
  SERIES.migrateOut,
  SERIES.migrateIn,
] as const;

const MIB = 1 << 20;
/** A start of QEMU takes more or less than another by more than this. */
const LEAST_TOLD_MS = 5;

/** One place on an x axis: a machine, and what a step does in it. */
export interface Point {
  readonly x: number;
  readonly before: Saved;
  readonly command: string;
}

/**
 * Restores the machine, does the step, saves it, restores what was saved, and has QEMU do the same in its ways
 * (`peers`). Returns what was saved.
 */
export async function measurePoint(lab: Lab, samples: Samples, point: Point, peers: boolean): Promise<LabSave> {
  const saved = await saveOnce(lab, samples, point);
  settleHost(lab.folder);
  await using restored = await lab.restore(saved);
  samples.add(SERIES.restore, point.x, restored.machine.restoreMs ?? NaN);
  samples.add(SERIES.ready, point.x, restored.readyMs);
  samples.add(SERIES.restoreCpu, point.x, restored.cpuMs);
  await restored[Symbol.asyncDispose]();
  if (peers) {
    const figures = await measurePeers(lab, saved);
    for (const name of Object.keys(figures) as (keyof PeerFigures)[]) samples.add(SERIES[name], point.x, figures[name]);
    const inPlaceMs = (restored.machine.restoreMs ?? NaN) - figures.bareStart;
    samples.add(SERIES.restoreInPlace, point.x, Math.max(inPlaceMs, LEAST_TOLD_MS));
  }
  return saved;
}

async function saveOnce(lab: Lab, samples: Samples, { x, before, command }: Point): Promise<LabSave> {
  await using machine = await lab.restore(before);
  await machine.run(command);
  settleHost(lab.folder);
  const started = process.cpuUsage();
  const [saved, dirty] = await countingDirty(() => machine.save());
  const { user, system } = process.cpuUsage(started);
  samples.add(SERIES.save, x, saved.figures.pauseMs - dirty.countedMs);
  samples.add(SERIES.saveCpu, x, (user + system) / 1000 - dirty.countedCpuMs);
  const clusters = dirtyClusterBytes(saved.state.disk);
  samples.add(SERIES.storedByDirty, x, (saved.figures.storedBytes + saved.diskBytes) / (dirty.bytes + clusters));
  samples.add(SERIES.dirty, x, saved.figures.dirtyBytes / MIB);
  samples.add(SERIES.stored, x, saved.figures.storedBytes / MIB);
  samples.add(SERIES.disk, x, saved.diskBytes / MIB);
  return saved;
}

/** Writes that many MiB of memory: random bytes, each block told from the others. */
export function writeMemory(mib: number, name = 'written'): string {
  const block = 'join "", map { pack "N", rand 4294967296 } 1 .. 16384';
  const program = `$| = 1; $b = ${block}; for (1 .. ${mib * 16}) { substr($b, 8 * $_ % 65000, 8) = pack "NN", $_, time; print $b }`;
  return `perl -e '${program}' > /dev/shm/${name}`;
}
