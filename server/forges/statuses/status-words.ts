import type { Job, JobState } from '../../jobs/job.ts';
import { type ForgeSettings, isBranchRef, outcomeText } from '../../git/index.ts';
import { forgeAddress } from '../forge-address.ts';

/** What a forge shows beside a commit, as an HTTP request to its API. */
export interface StatusRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
}

/** By which a forge tells our statuses from others. */
const CONTEXT = 'layer';
/** GitHub's limit; the others take more. */
const MAX_DESCRIPTION = 140;

/** GitHub: error, failure, pending, success ("Create a commit status"). Gitea: these and warning. */
const GITHUB_WORDS: Readonly<Record<JobState, string>> = {
  queued: 'pending',
  running: 'pending',
  succeeded: 'success',
  failed: 'failure',
  cancelled: 'error',
  interrupted: 'error',
};
/** GitLab: pending, running, success, failed, canceled ("Set commit status"). */
const GITLAB_WORDS: Readonly<Record<JobState, string>> = {
  queued: 'pending',
  running: 'running',
  succeeded: 'success',
  failed: 'failed',
  cancelled: 'canceled',
  interrupted: 'failed',
};

export function statusRequest(forge: ForgeSettings, token: string, job: Job, jobUrl: string): StatusRequest {
  const { apiUrl, project } = forgeAddress(forge);
  const about = { target_url: jobUrl, description: describe(job) };
  switch (forge.kind) {
    case 'github':
      return {
        url: `${apiUrl}/repos/${encodedPath(project)}/statuses/${job.commit}`,
        headers: {
          ...authorized('Bearer', token),
          Accept: 'application/vnd.github+json',
          'X-GitHub-Api-Version': '2022-11-28',
        },
        body: { state: GITHUB_WORDS[job.state], context: CONTEXT, ...about },
      };
    case 'gitea':
      return {
        url: `${apiUrl}/repos/${encodedPath(project)}/statuses/${job.commit}`,
        headers: authorized('token', token),
        body: { state: GITHUB_WORDS[job.state], context: CONTEXT, ...about },
      };
    case 'gitlab':
      return {
        url: `${apiUrl}/projects/${encodeURIComponent(project)}/statuses/${job.commit}`,
        headers: { 'PRIVATE-TOKEN': token },
        // Without its ref a commit of two branches has its status at one of them.
        body: {
          state: GITLAB_WORDS[job.state],
          name: CONTEXT,
          ...about,
          ...(isBranchRef(job.ref) ? { ref: job.branch } : {}),
        },
      };
  }
}

function describe(job: Job): string {
  const text =
    job.state === 'queued' ? 'waits for its turn' : job.state === 'running' ? 'is running' : outcomeText(job);
  return text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION - 1)}…` : text;
}

function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function authorized(scheme: string, token: string): Readonly<Record<string, string>> {
  return { Authorization: `${scheme} ${token}` };
}
