/**
 * Loaded by Node before Layer (`--import`). Writes each fault point that this process passes into the file FAULT_LOG, as a line `PID
 * POINT`. At the one that FAULT_POINT names, kills what FAULT_TARGET names: `layer` or `upkeep`, this process, where it is one, or
 * `QEMU`, the machine that it has started, as soon as there is one; and says so as `PID struck`.
 */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';

import type { FaultPoint } from '../../util/fault-point.ts';

const { FAULT_POINT, FAULT_TARGET, FAULT_LOG } = process.env;
/** Upkeep in the background has a run's environment. */
const role = process.argv.some((word) => word.includes('upkeep')) ? 'upkeep' : 'layer';
let struck = false;

if (FAULT_LOG !== undefined)
  Object.assign(globalThis, {
    layerFaultPoint: (point: FaultPoint) => {
      appendFileSync(FAULT_LOG, `${process.pid} ${point}\n`);
      if (struck || point !== FAULT_POINT) return;
      const targets = FAULT_TARGET === 'QEMU' ? machines() : FAULT_TARGET === role ? [process.pid] : [];
      struck = targets.length > 0;
      if (struck) appendFileSync(FAULT_LOG, `${process.pid} struck\n`);
      for (const pid of targets) process.kill(pid, 'SIGKILL');
    },
  });

function machines(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isOurMachine(pid));
}

function isOurMachine(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent === process.pid && stat.includes('(qemu-system');
  } catch {
    return false;
  }
}
