import { useEffect, useState } from 'preact/hooks';

import type { JobAnswer } from '../../../api/schemas/index.ts';
import { watchJobs } from '../../client/live-jobs.ts';
import { type Answer, useAnswer } from '../../client/use-answer.ts';

/** A job and its runs, kept up to date. The runs are asked for anew when there is another, or one has ended. */
export function useJob(id: number): Answer<JobAnswer> {
  const answer = useAnswer<JobAnswer>(`/api/jobs/${id}`);
  const [changed, setChanged] = useState<JobAnswer['job'] | null>(null);
  const { value, reload } = answer;
  useEffect(() => watchJobs((job) => job.id === id && setChanged(job), reload), [id]);
  const isStale =
    value !== null && changed !== null && (changed.state !== value.job.state || changed.runs !== value.job.runs);
  useEffect(() => {
    if (isStale) reload();
  }, [isStale, changed?.state, changed?.runs]);
  return value === null || changed === null ? answer : { ...answer, value: { ...value, job: changed } };
}
