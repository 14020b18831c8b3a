import type { BuildEvent } from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';

/** Shows what a build tells, as it is told. */
export interface Reporter {
  event(event: BuildEvent): void;
  /** Nothing comes any more, whether or not there was a result: shows what is held back, and leaves the screen tidy. */
  end(): void;
  /** Until what it returns is disposed the screen is somebody else's: what would be drawn is held back. */
  hold?(): Disposable;
}

export interface ReporterSurroundings {
  readonly stdout: OutputStream;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted when somebody asked the build to stop. */
  readonly signal: AbortSignal;
}
