import { LayerError } from '../../util/layer-error.ts';
import type { JobRequest } from './job.ts';

const LONGEST_TITLE = 500;
const LONGEST_NAME = 200;
/** Longer than what git takes as a file's name in `refs/`. */
const LONGEST_REF = 1000;
const MOST_PATHS = 200;
const LONGEST_PATH = 4096;

/** A request as it is stored: texts cut to a length, and without what SQLite could not hold. Throws `USAGE` for what no git would name. */
export function storableRequest(request: JobRequest): Required<JobRequest> {
  const { commit, ref, branch, paths = [] } = request;
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw refused('a commit is 40 or 64 hex digits');
  if (!/^refs\/./.test(ref) || Math.max(ref.length, branch.length) > LONGEST_REF)
    throw refused('a ref is a short path');
  if (paths.length > MOST_PATHS || paths.some(({ length }) => length > LONGEST_PATH))
    throw refused(`at most ${MOST_PATHS} paths can be named`);
  return {
    ...request,
    ref: textOf(ref, LONGEST_REF),
    branch: textOf(branch, LONGEST_REF),
    title: textOf(request.title, LONGEST_TITLE),
    author: textOf(request.author, LONGEST_NAME),
    pushedBy: textOf(request.pushedBy, LONGEST_NAME),
    priority: Math.trunc(request.priority ?? 0),
    paths: paths.map((path) => textOf(path, LONGEST_PATH)),
  };
}

/** What words of a search are looked for in. */
export function saidBy({ title, repository, branch, commit, author, pushedBy }: JobRequest): string {
  return [title, repository, branch, commit, author, pushedBy].join('\n');
}

function textOf(text: string, most: number): string {
  return text.slice(0, most).replaceAll('\0', '').toWellFormed();
}

function refused(why: string): LayerError {
  return new LayerError('USAGE', `No job was made: ${why}`);
}
