import type { Accelerator, MachineFactory } from '../vm/index.ts';
import type { AskPerson } from './build-context.ts';
import type { EmitEvent } from './build-event.ts';
import type { Forcing } from './plan.ts';
import type { Explanation } from './plan-details.ts';
import type { GivenVariables } from './run-environment.ts';

export interface RunOptions extends Forcing {
  /** Layerfiles, or folders searched for them; resolved against `directory`. */
  readonly paths: readonly string[];
  /** Absolute. */
  readonly directory: string;
  /** Builds this commit of the repository that `directory` is in (git's gitrevisions(7)), and not the files on disk. */
  readonly rev?: string;
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  readonly accelerator: 'auto' | Accelerator;
  /** None by default. */
  readonly given?: GivenVariables;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  /** How many machines may run at once; by default one for each processor. */
  readonly jobs?: number;
  /** How much memory all machines may have together, MiB; by default three quarters of what is free. */
  readonly memoryMib?: number;
  /** After a failure: go on with what does not need what failed, and do not end what runs. */
  readonly keepGoing?: boolean;
  /** After a build that succeeds: keep the machines with EXPOSE running, and serve what they expose, until `signal` is aborted. */
  readonly up?: boolean;
  /** Only of a plan: how much it says of each step besides its outcome. */
  readonly explain?: Explanation;
  /** Asks whoever is there to answer a BUTTON. */
  readonly askPerson?: AskPerson;
  /** What ./layer looked at before this process started. */
  readonly lookAhead?: string | undefined;
  /** For tests: how long EXPOSE waits. */
  readonly exposeLimitMs?: number;
  /** For tests; real QEMU machines by default. */
  readonly machines?: MachineFactory;
}
