import { renameSync } from 'node:fs';

import { LONGEST_CHAIN } from '../../runner/upkeep/run-upkeep.ts';
import { overSquashed } from '../../runner/upkeep/squash-detacher.ts';
import { type MachineState, qemuSquasher } from '../../vm/index.ts';
import type { PrivateMemoryState } from '../../vm/machine-state.ts';
import type { Lab, Saved } from './lab.ts';

/**
 * The states of a build over `base` as they are kept: cut, as upkeep does (runner/upkeep), wherever the next would stand on
 * more snapshots than it allows. The disk of each state that is cut off takes the place of the one that it had.
 */
export async function cutChain(lab: Lab, base: Saved, build: readonly Saved[]): Promise<readonly Saved[]> {
  let states = build.map(({ state }) => privateState(state));
  for (let at = LONGEST_CHAIN - 1; at < states.length - 1; at += LONGEST_CHAIN - 1) {
    const was = states[at];
    if (was === undefined) break;
    const squashed = privateState(await qemuSquasher.squash(was, base.state, lab.make()));
    renameSync(squashed.disk, was.disk);
    const now = { ...squashed, disk: was.disk };
    states = states.map((state, index) =>
      index === at ? now : index > at ? (overSquashed(state, was, now) ?? state) : state,
    );
  }
  return build.map((saved, index) => ({ ...saved, state: states[index] ?? saved.state }));
}

function privateState(state: MachineState): PrivateMemoryState {
  if (state.format !== 'private') throw new Error('QEMU wrote it as one stream');
  return state;
}
