/**
 * Loaded by Node before Layer (`--import`): at the fault point that FAULT_POINT names, kills this process (FAULT_TARGET=layer) or
 * the QEMU that it has started (QEMU), and says so in the file FAULT_SAID.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

import type { FaultPoint } from '../../util/fault-point.ts';

const { FAULT_POINT, FAULT_TARGET, FAULT_SAID } = process.env;
let struck = false;

if (FAULT_POINT !== undefined) {
  Object.assign(globalThis, {
    layerFaultPoint: (point: FaultPoint) => {
      if (struck || point !== FAULT_POINT) return;
      struck = true;
      writeFileSync(FAULT_SAID ?? '', point);
      for (const pid of FAULT_TARGET === 'layer' ? [process.pid] : machines()) process.kill(pid, 'SIGKILL');
    },
  });
}

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
