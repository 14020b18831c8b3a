import { formatDuration } from '../../../util/duration.ts';
import { formatSize } from '../../size.ts';
import { partName } from '../part-name.ts';
import type { MachineRecord, RunRecord } from '../run-record.ts';
import { type Html, html } from './html.ts';

/** The machines that there were, and what they took of the host's memory; null where none was started. */
export function machinesSection({ machines, layerfiles }: RunRecord): Html | null {
  if (machines.length === 0) return null;
  const names = new Map(layerfiles.map((layerfile) => [layerfile.layerfile, layerfile]));
  return html`<section aria-labelledby="machines"><h2 id="machines">Machines</h2>
<p class="quiet">Resident is what the host's memory held of a machine at its end; its share is that, with pages that several use divided among them.</p>
<table role="table" class="machines"><thead role="rowgroup"><tr role="row"><th role="columnheader">Layerfile</th><th role="columnheader" class="number">There for</th><th role="columnheader" class="number">Memory</th><th role="columnheader" class="number">Resident</th><th role="columnheader" class="number">Share</th></tr></thead>
<tbody role="rowgroup">${machines.map((machine) => {
    const layerfile = names.get(machine.layerfile) ?? { name: machine.layerfile };
    return row(machine, partName(layerfile, machine));
  })}</tbody></table></section>`;
}

function row({ startMs, endMs, memoryMib, residentMib, proportionalMib }: MachineRecord, name: string): Html {
  return html`<tr role="row"><th role="rowheader" scope="row">${name}</th><td role="cell" class="number">${formatDuration(endMs - startMs)}</td><td role="cell" class="number">${mebibytes(memoryMib)}</td><td role="cell" class="number">${mebibytes(residentMib)}</td><td role="cell" class="number">${mebibytes(proportionalMib)}</td></tr>`;
}

function mebibytes(mib: number | null): string {
  return mib === null ? '' : formatSize(mib * 2 ** 20);
}
