import { Type } from 'typebox';
import { Value } from 'typebox/value';

import { BRANCH_PREFIX, isBranchRef, readObjectId } from '../../git/index.ts';
import type { PayloadReading } from '../forge-event.ts';
import { COMMIT, NAME, NUMBER, PERSON, REF } from './words.ts';

/**
 * The payloads of GitHub ("Webhook events and payloads", `push` and `pull_request`), and of Gitea and Forgejo, which have the same
 * fields for what is needed here. Only these fields are looked at.
 */
const PROJECT = Type.Object({ full_name: NAME });
const SENDER = Type.Object({ login: PERSON });
const PUSH = Type.Object({ ref: REF, before: COMMIT, after: COMMIT, repository: PROJECT, sender: SENDER });

const SIDE_PROJECT = Type.Object({ id: NUMBER, full_name: NAME });
/** Of a fork that was deleted there is nothing left. */
const HEAD = Type.Object({ ref: REF, sha: COMMIT, repo: Type.Union([SIDE_PROJECT, Type.Null()]) });
const PULL_REQUEST = Type.Object({
  action: Type.String({ maxLength: 100 }),
  number: NUMBER,
  pull_request: Type.Object({ head: HEAD, base: Type.Object({ repo: SIDE_PROJECT }) }),
  repository: PROJECT,
  sender: SENDER,
});

/** GitHub says `synchronize`, Gitea and Forgejo say `synchronized`. */
const CHANGES = new Set(['opened', 'reopened', 'synchronize', 'synchronized']);

/** `event`: as the forge's header names it. */
export function readGithubPayload(event: string, payload: unknown): PayloadReading {
  if (event === 'push') return readPush(payload);
  if (event === 'pull_request') return readPullRequest(payload);
  return { kind: 'ignored', why: 'nothing is built for that event' };
}

function readPush(payload: unknown): PayloadReading {
  if (!Value.Check(PUSH, payload)) return { kind: 'bad', problem: 'it is no push as this forge describes them' };
  const { ref, before, after, repository, sender } = payload;
  if (!ref.startsWith(BRANCH_PREFIX)) return { kind: 'ignored', why: 'only branches are built' };
  if (!isBranchRef(ref)) return { kind: 'bad', problem: 'git would not allow that name of a branch' };
  const commits = { before: readObjectId(before) ?? null, after: readObjectId(after) ?? null };
  const event = { kind: 'branch', ref, ...commits, pushedBy: sender.login } as const;
  return { kind: 'event', event, project: repository.full_name };
}

function readPullRequest(payload: unknown): PayloadReading {
  if (!Value.Check(PULL_REQUEST, payload))
    return { kind: 'bad', problem: 'it is no pull request as this forge describes them' };
  const { action, number, pull_request: pull, repository, sender } = payload;
  const project = repository.full_name;
  const pushedBy = sender.login;
  const isFork = pull.head.repo?.id !== pull.base.repo.id;
  if (action === 'closed' && isFork)
    return { kind: 'event', event: { kind: 'pull', number, commit: null, pushedBy }, project };
  if (!CHANGES.has(action)) return { kind: 'ignored', why: 'no commit has come with it' };
  const { sha } = pull.head;
  if (isFork) return { kind: 'event', event: { kind: 'pull', number, commit: sha, pushedBy }, project };
  // A branch of the repository itself: whichever is told first, this or the push, makes the job.
  const ref = `${BRANCH_PREFIX}${pull.head.ref}`;
  if (!isBranchRef(ref)) return { kind: 'bad', problem: 'git would not allow that name of a branch' };
  return { kind: 'event', event: { kind: 'branch', ref, before: null, after: sha, pushedBy }, project };
}
