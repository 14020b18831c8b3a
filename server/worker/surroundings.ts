import type { RunOptions } from '../../runner/index.ts';
import type { OpenRecorder } from './recorder.ts';

/** What a worker has of the process that it is. */
export interface WorkerSurroundings {
  readonly accelerator: RunOptions['accelerator'];
  /** Makes what keeps a run's report and timeline. */
  readonly openRecorder: OpenRecorder;
  /** For tests. */
  readonly machines?: NonNullable<RunOptions['machines']>;
}
