import type { JobBody as Job } from '../../../api/schemas/index.ts';

/** Jobs, newest first, with a change of one of them. Null: whether it belongs there only the server can say. */
export function withChange(jobs: readonly Job[], changed: Job, isFiltered: boolean): readonly Job[] | null {
  const index = jobs.findIndex(({ id }) => id === changed.id);
  if (isFiltered) return index !== -1 && jobs[index]?.state === changed.state ? jobs.with(index, changed) : null;
  if (index !== -1) return jobs.with(index, changed);
  const newest = jobs[0]?.id ?? 0;
  return changed.id > newest ? [changed, ...jobs] : jobs;
}

/** A page of jobs read anew, before those that were read page by page after it. */
export function withFirstPage(jobs: readonly Job[], firstPage: readonly Job[], next: number | null): readonly Job[] {
  const oldest = firstPage.at(-1)?.id;
  if (next === null || oldest === undefined) return firstPage;
  return [...firstPage, ...jobs.filter(({ id }) => id < oldest)];
}
