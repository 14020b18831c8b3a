import type * as RunnerModule from '../runner/index.ts';
import type { OutputStream } from './output-stream.ts';
import type { SignalWatch } from './signals.ts';

/** The runner's entries. */
export type Runner = Pick<typeof RunnerModule, 'runLayerfiles' | 'planLayerfiles' | 'checkLayerfiles' | 'pruneCaches'>;

/** What a command line works in: the process, or a test's stand-in. */
export interface Surroundings {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: NodeJS.ProcessEnv;
  /** The current folder, absolute; throws where it was deleted. */
  readonly currentFolder: () => string;
  /** Called only by commands that build, plan, check or prune: all else starts without loading the runner. */
  readonly loadRunner: () => Promise<Runner>;
  readonly watchSignals: () => SignalWatch;
}
