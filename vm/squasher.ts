import type { MachineState } from './machine-state.ts';
import type { SquashOptions } from './squash.ts';

/** Squashing as one value, for whoever looks after stored states. The code behind it is loaded when it is first called. */
export interface Squasher {
  /** See {@link isHeavy}. */
  isHeavy(state: MachineState): Promise<boolean>;
  /** See {@link squashState}. */
  squash(state: MachineState, foundation: MachineState, folder: string, options?: SquashOptions): Promise<MachineState>;
}

export const qemuSquasher: Squasher = {
  isHeavy: async (state) => (await import('./squash.ts')).isHeavy(state),
  squash: async (state, foundation, folder, options) =>
    (await import('./squash.ts')).squashState(state, foundation, folder, options),
};
