import { useRef } from 'preact/hooks';

import { useShortcuts } from '../../client/shortcuts.ts';
import { useQuery } from '../../client/use-query.ts';
import { Button } from '../../parts/button.tsx';
import { FilterHelp } from '../../parts/help.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Failed, Loading } from '../../parts/told.tsx';
import { FirstPush } from './first-push.tsx';
import { JobRow } from './job-row.tsx';
import { SearchField } from './search-field.tsx';
import { useJobs } from './use-jobs.ts';

export function JobsPage() {
  const [query, change] = useQuery();
  const search = query.get('search') ?? '';
  const { jobs, hasMore, failure, showMore, reload } = useJobs(search);
  const list = useRef<HTMLOListElement>(null);
  useShortcuts(moves(list));
  const tools = <SearchField value={search} change={(text) => change({ search: text })} />;
  return (
    <Page title="Jobs" tools={tools}>
      {failure !== null && <Failed failure={failure} retry={reload} />}
      {jobs === null && failure === null && <Loading />}
      {jobs?.length === 0 &&
        (search === '' ? <FirstPush /> : <NothingFound search={search} clear={() => change({ search: '' })} />)}
      {jobs !== null && jobs.length > 0 && (
        <ol class="jobs" ref={list} aria-label="Jobs, newest first">
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </ol>
      )}
      {hasMore && (
        <div class="more">
          <Button act={showMore}>Show older jobs</Button>
        </div>
      )}
      <Announcer count={jobs?.length ?? null} search={search} />
    </Page>
  );
}

function NothingFound({ search, clear }: { readonly search: string; readonly clear: () => void }) {
  return (
    <Empty title={`No job is found by “${search}”.`}>
      <FilterHelp />
      <Button act={clear}>Show all jobs</Button>
    </Empty>
  );
}

/** Tells screen readers what a search has come to. */
function Announcer({ count, search }: { readonly count: number | null; readonly search: string }) {
  return (
    <p class="off-screen" role="status">
      {search !== '' && count !== null ? `${count} jobs found` : ''}
    </p>
  );
}

/** The keyboard's focus is what is chosen: Enter opens a link anyway. */
function moves(list: { readonly current: HTMLOListElement | null }): Readonly<Record<string, () => void>> {
  const move = (by: 1 | -1): void => {
    const links = [...(list.current?.querySelectorAll<HTMLAnchorElement>('a.job-link') ?? [])];
    const at = links.findIndex((link) => link === document.activeElement);
    const next = at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + by));
    links[next]?.focus();
  };
  const [down, up] = [(): void => move(1), (): void => move(-1)];
  return { j: down, ArrowDown: down, k: up, ArrowUp: up };
}
