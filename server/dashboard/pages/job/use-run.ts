import { useEffect, useState } from 'preact/hooks';

import type { JobRun } from '../../../jobs/job.ts';
import { followRun, type RunFeed } from '../../client/run-feed.ts';

/** What a run tells, while the page shows it; null before there is a run. */
export function useRun(job: number, run: Pick<JobRun, 'number' | 'startedAtMs'> | null): RunFeed | null {
  const [feed, setFeed] = useState<RunFeed | null>(null);
  useEffect(() => {
    if (run === null) return undefined;
    const opened = followRun(job, run.number, run.startedAtMs);
    setFeed(opened);
    return () => opened.close();
  }, [job, run?.number]);
  return run === null ? null : feed;
}
