import type * as RunnerModule from '../runner/index.ts';
import type * as ServerModule from '../server/index.ts';
import type { OutputStream } from './output-stream.ts';
import type { InputStream } from './read-secret.ts';
import type { SignalWatch } from './signals.ts';

/** The runner's entries. */
export type Runner = Pick<
  typeof RunnerModule,
  | 'runLayerfiles'
  | 'planLayerfiles'
  | 'checkLayerfiles'
  | 'openSecretStore'
  | 'pruneCaches'
  | 'pruneSnapshots'
  | 'listSnapshots'
  | 'verifySnapshots'
  | 'isUpkeepDue'
  | 'runUpkeep'
  | 'traceCommand'
  | 'openShell'
  | 'keepReplay'
>;

/** What a command line works in: the process, or a test's stand-in. */
export interface Surroundings {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Opened only by commands that read it. */
  readonly stdin: () => InputStream;
  /** Told without opening it: every build at a terminal wants to know. */
  readonly isStdinTerminal: () => boolean;
  readonly environment: NodeJS.ProcessEnv;
  /** What ./layer says of the files that it is looking at meanwhile (fs-tracer/host/look.c). */
  readonly lookAhead?: string | undefined;
  /** The current folder, absolute; throws where it was deleted. */
  readonly currentFolder: () => string;
  /** All of stdin, as UTF-8. */
  readonly readInput: () => string;
  /** Called only by commands that build, plan, check, trace, keep secrets or look after snapshots: all else starts without loading the runner. */
  readonly loadRunner: () => Promise<Runner>;
  /** Called only by `layer serve`: what it loads is no part of the bundle. */
  readonly loadServer?: () => Promise<typeof ServerModule>;
  readonly watchSignals: () => SignalWatch;
  /** Throws away what was typed until now. Absent: it counts. */
  readonly forgetTyped?: () => void;
  /** Has the terminal show what is written to it as it is: Node's raw mode is about what is typed only. */
  readonly stopOutputProcessing?: () => void;
  /** Calls `listener` whenever the terminal's window has another size, until disposed. Absent: it never has. */
  readonly onWindowChange?: (listener: () => void) => Disposable;
  /** Starts this program on the arguments, as a process that outlives this one. Absent: nothing is done in the background. */
  readonly startInBackground?: (args: readonly string[]) => Promise<void>;
}
