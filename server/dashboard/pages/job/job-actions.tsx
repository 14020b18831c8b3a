import type { JobBody as Job } from '../../../api/schemas/index.ts';
import type { JobRun } from '../../../jobs/job.ts';
import { notify } from '../../client/notices.ts';
import { send } from '../../client/request.ts';
import { isMember } from '../../client/session.ts';
import { useQuery } from '../../client/use-query.ts';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';

/** What can be done with a job, as far as who looks may do it. */
export function JobActions({ job, run }: { readonly job: Job; readonly run: JobRun | null }) {
  const [, change] = useQuery();
  const isOver = job.state !== 'queued' && job.state !== 'running';
  const hasTrouble = isOver && job.state !== 'succeeded';
  const act = (what: 'cancel' | 'retry', told: string) => async (): Promise<void> => {
    await send('POST', `/api/jobs/${job.id}/${what}`);
    if (what === 'retry') change({ run: null });
    notify('done', told);
  };
  return (
    <>
      {run !== null && run.endedAtMs !== null && (
        <a
          class="button button-plain"
          href={`/api/jobs/${job.id}/report?run=${run.number}`}
          target="_blank"
          rel="noopener"
        >
          <Icon name="open" />
          Report
        </a>
      )}
      {isMember.value && hasTrouble && (
        <Button
          icon="retry"
          act={act('retry', `Job ${job.id} runs again.`)}
          title="Restores what succeeded, and runs the rest again"
        >
          Retry
        </Button>
      )}
      {isMember.value && !isOver && (
        <Button icon="stop" act={act('cancel', `Cancelled job ${job.id}.`)}>
          Cancel
        </Button>
      )}
    </>
  );
}
