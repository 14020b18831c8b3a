import type { JobRun } from '../../../jobs/job.ts';
import type { JobAnswer } from '../../../api/schemas/index.ts';
import { useQuery } from '../../client/use-query.ts';
import { Page } from '../../parts/page.tsx';
import { Empty, Failed, Loading } from '../../parts/told.tsx';
import { printable } from '../../words/printable.ts';
import { JobActions } from './job-actions.tsx';
import { JobFacts, JobHeading } from './job-facts.tsx';
import { RunPane } from './run-pane.tsx';
import { useJob } from './use-job.ts';
import { useRun } from './use-run.ts';

export function JobPage({ id }: { readonly id: number }) {
  const { value, failure, reload } = useJob(id);
  if (value !== null) return <Known answer={value} />;
  return (
    <Page title={`Job ${Number.isInteger(id) ? id : ''}`}>
      {failure === null ? <Loading /> : <Failed failure={failure} retry={reload} />}
    </Page>
  );
}

function Known({ answer: { job, runs } }: { readonly answer: JobAnswer }) {
  const [query] = useQuery();
  const run = chosenRun(runs, query.get('run'));
  const feed = useRun(job.id, run);
  const title = printable(job.title) || '(no title)';
  return (
    <Page
      title={`${title} · ${job.repository} #${job.id}`}
      heading={<JobHeading job={job} />}
      tools={<JobActions job={job} run={run} />}
    >
      <JobFacts job={job} runs={runs} run={run} />
      {run === null && (
        <Empty title={job.state === 'queued' ? 'Waiting for its turn.' : 'It never ran.'}>
          {job.state === 'queued' && (
            <p>
              What runs now, and what it waits for, is on the page <a href="/machines">Machines</a>.
            </p>
          )}
        </Empty>
      )}
      {feed !== null && run !== null && <RunPane key={run.number} job={job} run={run} feed={feed} />}
    </Page>
  );
}

/** The one in the address, else the last. */
function chosenRun(runs: readonly JobRun[], asked: string | null): JobRun | null {
  return runs.find(({ number }) => String(number) === asked) ?? runs.at(-1) ?? null;
}
