import type * as RunnerModule from '../runner/index.ts';
import type { OutputStream } from './output-stream.ts';
import type { SignalWatch } from './signals.ts';

/** The runner's three entries. */
export type Runner = Pick<typeof RunnerModule, 'runLayerfiles' | 'planLayerfiles' | 'checkLayerfiles'>;

/** What answers are read from: stdin, or a test's. Opened only by who asks: that alone changes how a terminal is read. */
export interface Input {
  readonly isTerminal: () => boolean;
  readonly open: () => NodeJS.ReadableStream;
}

/** What a command line works in: the process, or a test's stand-in. */
export interface Surroundings {
  readonly input: Input;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: NodeJS.ProcessEnv;
  /** The current folder, absolute; throws where it was deleted. */
  readonly currentFolder: () => string;
  /** Called only by commands that build, plan or check: all else starts without loading the runner. */
  readonly loadRunner: () => Promise<Runner>;
  readonly watchSignals: () => SignalWatch;
}
