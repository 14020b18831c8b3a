import type { ReplayPlace } from '../fs-tracer/index.ts';
import type { Layerfile } from '../grammar/index.ts';
import type { Accelerator, MachineFactory } from '../vm/index.ts';
import type { AskPerson, BuildContext, IsPressed } from './build-context.ts';
import type { EmitEvent } from './build-event.ts';
import type { MachineSlots } from './graph/machine-slots.ts';
import type { Forcing, Plan } from './plan.ts';
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
  /** Whose `secrets/` are used: a folder laid out as a `LAYER_HOME`; null: no stored ones. By default `home`. */
  readonly secretsHome?: string | null;
  readonly accelerator: 'auto' | Accelerator;
  /** None by default. */
  readonly given?: GivenVariables;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  /** How many machines may run at once; by default one for each processor. */
  readonly jobs?: number;
  /** In place of `jobs` and `memoryMib`: whose turn it is to have a machine, for several runs together. */
  readonly slots?: MachineSlots;
  /** How much memory all machines may have together, MiB; by default three quarters of what is free. */
  readonly memoryMib?: number;
  /** After a failure: go on with what does not need what failed, and do not end what runs. */
  readonly keepGoing?: boolean;
  /** After a build that succeeds: keep the machines with EXPOSE running, and serve what they expose, until `signal` is aborted. */
  readonly up?: boolean;
  /** Only of a plan: it says what changed steps since this commit. */
  readonly since?: string;
  /** Only of a plan: how much it says of each step besides its outcome. */
  readonly explain?: Explanation;
  /** Only of a plan: called with each one, while its workspace is open; the next is made when it has resolved. */
  readonly whenPlanned?: (context: BuildContext, plan: Plan, layerfile: Layerfile) => Promise<void>;
  /** Asks whoever is there to answer a BUTTON. */
  readonly askPerson?: AskPerson;
  /** In place of `askPerson`, where nobody sits before the run but its BUTTONs are pressed elsewhere. */
  readonly isPressed?: IsPressed;
  /** What ./layer looked at before this process started. */
  readonly lookAhead?: string | undefined;
  /** Called where nothing is to run, and the same options come to the same again as long as the files are what they are. */
  readonly onRepeatable?: (place: ReplayPlace) => void;
  /** For tests: how long EXPOSE waits. */
  readonly exposeLimitMs?: number;
  /** For tests; real QEMU machines by default. */
  readonly machines?: MachineFactory;
}
