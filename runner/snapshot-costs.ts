import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { MachineConfig } from '../vm/index.ts';

/** Enough for a median that follows a disk or a host that has become slower. */
const KEPT = 32;

/** Milliseconds that the last snapshots took, by kind of machine. */
interface CostsFile {
  readonly version: 1;
  readonly saves: Readonly<Partial<Record<string, readonly number[]>>>;
}

const NOTHING: CostsFile = { version: 1, saves: {} };

/** What a snapshot of such a machine takes here as a rule (median), from freezing it to its being kept; null: unknown. */
export function snapshotCostMs(home: string, config: MachineConfig): number | null {
  const saves = [...(readCosts(home).saves[kindOf(config)] ?? [])].sort((one, other) => one - other);
  return saves[Math.floor(saves.length / 2)] ?? null;
}

/** Remembers what snapshots took, in `snapshot-costs.json` in LAYER_HOME. Losing that file, or some of it, costs nothing. */
export function rememberSnapshotCosts(home: string, config: MachineConfig, tookMs: readonly number[]): void {
  if (tookMs.length === 0) return;
  const { saves } = readCosts(home);
  const kind = kindOf(config);
  const all = [...(saves[kind] ?? []), ...tookMs.map(Math.round)].slice(-KEPT);
  const path = pathIn(home);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.${process.pid}`, JSON.stringify({ version: 1, saves: { ...saves, [kind]: all } }));
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // It is only told, never decided by.
  }
}

function kindOf({ accelerator, memoryMib }: MachineConfig): string {
  return `${accelerator} ${memoryMib} MiB`;
}

function readCosts(home: string): CostsFile {
  try {
    const costs = JSON.parse(readFileSync(pathIn(home), 'utf8')) as Partial<CostsFile>;
    return costs.version === 1 && costs.saves !== undefined ? { version: 1, saves: costs.saves } : NOTHING;
  } catch {
    return NOTHING;
  }
}

function pathIn(home: string): string {
  return join(home, 'snapshot-costs.json');
}
