import { Link } from 'wouter-preact';

import type { JobBody as Job } from '../../../api/schemas/index.ts';
import { Mark, stateWord } from '../../parts/mark.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { countsText, savedText } from '../../words/counts.ts';
import { printable } from '../../words/printable.ts';

/** One job on two lines, all of it a link. */
export function JobRow({ job }: { readonly job: Job }) {
  const { id, state, title, repository, branch, commit, author, pushedAtMs, trust, counts } = job;
  return (
    <li class="job-row">
      <Link href={`/jobs/${id}`} class="job-link">
        <span class={`job-state state state-${state}`}>
          <Mark state={state} />
          <span class="state-word">{stateWord(state)}</span>
        </span>
        <span class="job-title">
          <span class="job-name">{printable(title) || '(no title)'}</span>
          <span class="job-place quiet">
            <span class="job-id">#{id}</span>
            <span class="job-repository">{repository}</span>
            <span class="job-branch">{printable(branch)}</span>
            <code class="job-commit">{commit.slice(0, 7)}</code>
            {trust === 'fork' && <span class="tag">fork</span>}
            {counts !== null && counts.waiting > 0 && <span class="tag tag-waiting">waits for a person</span>}
          </span>
        </span>
        <span class="job-who quiet">
          <span class="job-author">{printable(author)}</span>
          <Ago atMs={pushedAtMs} />
        </span>
        <JobResult job={job} />
        <span class="job-duration">
          {job.startedAtMs !== null && <Lasting startedAtMs={job.startedAtMs} endedAtMs={job.endedAtMs} />}
        </span>
      </Link>
    </li>
  );
}

function JobResult({ job: { counts, reason } }: { readonly job: Job }) {
  const steps = counts === null ? '' : countsText(counts);
  const saved = counts === null ? '' : savedText(counts.savedMs);
  return (
    <span class="job-result quiet">
      {steps !== '' && <span>{steps}</span>}
      {saved !== '' && <span class="saved">{saved}</span>}
      {reason !== null && <span title={printable(reason)}>{printable(reason)}</span>}
    </span>
  );
}
