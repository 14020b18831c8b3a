import type { JobRun } from '../../../jobs/job.ts';
import type { PartView } from '../../model/part.ts';
import type { RunView } from '../../model/run-view.ts';

export interface OverviewProps {
  readonly run: JobRun;
  readonly view: RunView;
  /** Another number whenever the view has changed. */
  readonly version: number;
  readonly part: PartView;
  readonly choose: (part: PartView) => void;
}
