import type { MachineRecord } from '../run-record.ts';
import { mostAtOnce, runningMachines } from '../running-machines.ts';
import { type Html, html } from './html.ts';

const WIDTH = 1000;
const HEIGHT = 24;

/** How many machines there were, over time: as steps. */
export function machineCurve(machines: readonly MachineRecord[], durationMs: number): Html {
  const most = Math.max(1, mostAtOnce(machines));
  const x = (ms: number): string => ((WIDTH * ms) / durationMs).toFixed(1);
  const y = (count: number): string => (HEIGHT - ((HEIGHT - 2) * count) / most).toFixed(1);
  const steps = runningMachines(machines).map(({ atMs, running }) => `H${x(atMs)}V${y(running)}`);
  return html`<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Machines over time: at most ${most} at once"><path d="M0 ${HEIGHT}${steps.join('')}H${WIDTH}V${HEIGHT}Z"/></svg>`;
}
