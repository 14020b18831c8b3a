import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';

import type { JobBody as Job } from '../../../api/schemas/index.ts';
import type { JobRun, RunCause } from '../../../jobs/job.ts';
import { copyText } from '../../client/copy.ts';
import { useQuery } from '../../client/use-query.ts';
import { State } from '../../parts/mark.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { countsText, savedText } from '../../words/counts.ts';
import { printable } from '../../words/printable.ts';

export function JobHeading({ job: { id, state, title } }: { readonly job: Job }) {
  return (
    <span class="job-heading">
      <State state={state} />
      <span class="job-heading-title">{printable(title) || '(no title)'}</span>
      <span class="job-heading-id quiet">#{id}</span>
    </span>
  );
}

interface JobFactsProps {
  readonly job: Job;
  readonly runs: readonly JobRun[];
  readonly run: JobRun | null;
}

export function JobFacts({ job, runs, run }: JobFactsProps) {
  const { repository, branch, commit, author, pushedBy, pushedAtMs, reason, counts, trust } = job;
  const search = (text: string): string => `/?search=${encodeURIComponent(text)}`;
  const saved = counts === null ? '' : savedText(counts.savedMs);
  return (
    <div class="job-facts">
      <dl class="facts">
        <Fact name="Repository">
          <Link href={search(`repo:${repository}`)}>{repository}</Link>
        </Fact>
        <Fact name="Branch">
          <span class="branch">{printable(branch)}</span>
          {trust === 'fork' && (
            <span class="tag" title="Somebody from outside wrote it: no secrets, and a store of its own">
              fork
            </span>
          )}
        </Fact>
        <Fact name="Commit">
          <button
            type="button"
            class="commit"
            title="Copy the commit's id"
            onClick={() => void copyText(commit, 'the commit')}
          >
            <code>{commit.slice(0, 10)}</code>
          </button>
        </Fact>
        <Fact name="Author">{printable(author)}</Fact>
        <Fact name="Pushed">
          <Ago atMs={pushedAtMs} />
          {pushedBy !== '' && pushedBy !== author && ` by ${printable(pushedBy)}`}
        </Fact>
        {run !== null && (
          <Fact name="Took">
            <Lasting startedAtMs={run.startedAtMs} endedAtMs={run.endedAtMs} />
          </Fact>
        )}
        {counts !== null && (
          <Fact name="Steps">
            {countsText(counts) || 'none'}
            {saved !== '' && <span class="saved">{saved}</span>}
          </Fact>
        )}
        {runs.length > 1 && (
          <Fact name="Run">
            <RunPicker runs={runs} run={run} />
          </Fact>
        )}
      </dl>
      {reason !== null && <p class={`job-reason job-reason-${job.state}`}>{printable(reason)}</p>}
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const CAUSES: Readonly<Record<RunCause, string>> = {
  push: 'push',
  created: 'asked for',
  retry: 'retry',
  button: 'button pressed',
  resumed: 'resumed after a restart of the server',
};

function RunPicker({ runs, run }: Pick<JobFactsProps, 'runs' | 'run'>) {
  const [, change] = useQuery();
  const last = String(runs.at(-1)?.number ?? '');
  const choose = (number: string): void => change({ run: number === last ? null : number });
  return (
    <select aria-label="Run" value={String(run?.number ?? '')} onChange={(event) => choose(event.currentTarget.value)}>
      {runs.toReversed().map(({ number, cause, outcome }) => (
        <option key={number} value={String(number)}>
          {number}: {CAUSES[cause]}, {outcome ?? 'running'}
        </option>
      ))}
    </select>
  );
}
