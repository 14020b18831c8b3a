import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import type { JobBody as Job } from '../../../api/schemas/index.ts';
import { watchJobs } from '../../client/live-jobs.ts';
import { notifyFailure } from '../../client/notices.ts';
import { asFailure, getJson, type RequestFailure } from '../../client/request.ts';
import { withChange, withFirstPage } from './job-list.ts';

const PAGE = 50;
/** Changes come in bursts: with a filter the server is asked once for all of them. */
const ASK_AFTER_MS = 300;

interface Page {
  readonly jobs: readonly Job[];
  readonly next: number | null;
}

interface ShownJobs extends Page {
  readonly search: string;
}

export interface LiveJobs {
  /** Null until the first answer. */
  readonly jobs: readonly Job[] | null;
  readonly hasMore: boolean;
  readonly failure: RequestFailure | null;
  readonly showMore: () => Promise<void>;
  readonly reload: () => void;
}

/** The jobs that `search` finds, kept up to date by the server's stream of changes. */
export function useJobs(search: string): LiveJobs {
  const [shown, setShown] = useState<ShownJobs | null>(null);
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const latest = useRef(search);
  latest.current = search;

  const reload = useCallback(() => {
    ask(search, null).then(
      (page) => {
        if (latest.current !== search) return;
        setFailure(null);
        setShown((before) => (before?.search === search ? joined(before, page) : { ...page, search }));
      },
      (error: unknown) => {
        if (latest.current === search) setFailure(asFailure(error));
      },
    );
  }, [search]);
  useEffect(reload, [reload]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = (job: Job): void => {
      setShown((before) => {
        if (before === null) return null;
        const jobs = withChange(before.jobs, job, search !== '');
        if (jobs !== null) return { ...before, jobs };
        clearTimeout(timer);
        timer = setTimeout(reload, ASK_AFTER_MS);
        return before;
      });
    };
    const stop = watchJobs(take, reload);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [search, reload]);

  const showMore = async (): Promise<void> => {
    if (shown?.next == null) return;
    const page = await ask(search, shown.next).catch((error: unknown) => notifyFailure(error));
    if (page !== undefined) setShown((before) => before && { ...page, search, jobs: [...before.jobs, ...page.jobs] });
  };
  return { jobs: shown?.jobs ?? null, hasMore: shown?.next != null, failure, showMore, reload };
}

function ask(search: string, before: number | null): Promise<Page> {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (search !== '') query.set('search', search);
  if (before !== null) query.set('before', String(before));
  return getJson<Page>(`/api/jobs?${query.toString()}`);
}

/** Older pages that were shown stay shown. */
function joined(shown: ShownJobs, page: Page): ShownJobs {
  const jobs = withFirstPage(shown.jobs, page.jobs, page.next);
  return { ...shown, jobs, next: jobs.length > page.jobs.length ? shown.next : page.next };
}
