import { Type } from 'typebox';
import { Value } from 'typebox/value';

import { BRANCH_PREFIX, isBranchRef, readObjectId } from '../../git/index.ts';
import type { PayloadReading } from '../forge-event.ts';
import { COMMIT, NAME, NUMBER, PERSON, REF } from './words.ts';

/** GitLab's payloads ("Webhook events", push and merge request events). Only these fields are looked at. */
const PROJECT = Type.Object({ path_with_namespace: NAME });
const PUSH = Type.Object({
  object_kind: Type.Literal('push'),
  ref: REF,
  before: COMMIT,
  after: COMMIT,
  user_username: PERSON,
  project: PROJECT,
});

const MERGE_REQUEST = Type.Object({
  object_kind: Type.Literal('merge_request'),
  user: Type.Object({ username: PERSON }),
  project: PROJECT,
  object_attributes: Type.Object({
    iid: NUMBER,
    /** None where nobody did something, as for a change of the target branch. */
    action: Type.Optional(Type.String({ maxLength: 100 })),
    source_branch: REF,
    source_project_id: Type.Union([NUMBER, Type.Null()]),
    target_project_id: NUMBER,
    last_commit: Type.Object({ id: COMMIT }),
  }),
});

const CHANGES = new Set(['open', 'reopen', 'update']);
const ENDS = new Set(['close', 'merge']);

/** `event`: as the header X-Gitlab-Event names it. */
export function readGitlabPayload(event: string, payload: unknown): PayloadReading {
  if (event === 'Push Hook') return readPush(payload);
  if (event === 'Merge Request Hook') return readMergeRequest(payload);
  return { kind: 'ignored', why: 'nothing is built for that event' };
}

function readPush(payload: unknown): PayloadReading {
  if (!Value.Check(PUSH, payload)) return { kind: 'bad', problem: 'it is no push as this forge describes them' };
  const { ref, before, after, user_username: pushedBy, project } = payload;
  if (!isBranchRef(ref)) return { kind: 'bad', problem: 'git would not allow that name of a branch' };
  const commits = { before: readObjectId(before) ?? null, after: readObjectId(after) ?? null };
  const event = { kind: 'branch', ref, ...commits, pushedBy } as const;
  return { kind: 'event', event, project: project.path_with_namespace };
}

function readMergeRequest(payload: unknown): PayloadReading {
  if (!Value.Check(MERGE_REQUEST, payload))
    return { kind: 'bad', problem: 'it is no merge request as this forge describes them' };
  const { object_attributes: request, user } = payload;
  const {
    action = '',
    iid: number,
    last_commit: { id: commit },
  } = request;
  const project = payload.project.path_with_namespace;
  const pushedBy = user.username;
  const isFork = request.source_project_id !== request.target_project_id;
  if (ENDS.has(action) && isFork)
    return { kind: 'event', event: { kind: 'pull', number, commit: null, pushedBy }, project };
  if (!CHANGES.has(action)) return { kind: 'ignored', why: 'no commit has come with it' };
  if (isFork) return { kind: 'event', event: { kind: 'pull', number, commit, pushedBy }, project };
  const ref = `${BRANCH_PREFIX}${request.source_branch}`;
  if (!isBranchRef(ref)) return { kind: 'bad', problem: 'git would not allow that name of a branch' };
  return { kind: 'event', event: { kind: 'branch', ref, before: null, after: commit, pushedBy }, project };
}
