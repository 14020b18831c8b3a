import type { Machine } from '../vm/index.ts';
import type { BuildContext } from './build-context.ts';
import type { Step } from './step.ts';

/** A machine that stays after its build, as the build left it. Nothing that is done in it from here on is saved. */
export interface KeptMachine extends AsyncDisposable {
  readonly context: BuildContext;
  readonly machine: Machine;
  /** The steps that are done in it: all of the Layerfile, unless that ended early. */
  readonly steps: readonly Step[];
}
