import type { MachineState } from './machine-state.ts';
import type { SquashOptions, SquashReason } from './squash.ts';

/** Squashing as one value, for whoever looks after stored states. The code behind it is loaded when it is first called. */
export interface Squasher {
  /** Why the state is worth it, or null. */
  worthSquashing(state: MachineState): Promise<SquashReason | null>;
  /** See {@link squashState}. */
  squash(state: MachineState, foundation: MachineState, folder: string, options?: SquashOptions): Promise<MachineState>;
}

export const qemuSquasher: Squasher = {
  worthSquashing: async (state) => (await import('./squash.ts')).worthSquashing(state),
  squash: async (state, foundation, folder, options) =>
    (await import('./squash.ts')).squashState(state, foundation, folder, options),
};
