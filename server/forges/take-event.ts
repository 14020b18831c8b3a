import { type ForgeSettings, type PushReceiver, readRefs, type Repositories, type Repository } from '../git/index.ts';
import { deleteRef, fetchCommit, isBefore } from './fetch-commit.ts';
import type { BranchEvent, ForgeEvent, PullEvent } from './forge-event.ts';

export interface EventPlace {
  readonly repositories: Repositories;
  readonly receiver: PushReceiver;
  readonly signal: AbortSignal;
}

/**
 * Does what an event is for: has the repository as the forge has it, and a job made. An event may be acted on twice, and come after a later one.
 */
export async function takeEvent(place: EventPlace, repository: Repository, event: ForgeEvent): Promise<void> {
  const { forge } = repository.settings;
  // It was taken out of the settings since.
  if (forge === null) return;
  if (event.kind === 'branch') await takeBranch(place, repository, forge, event);
  else await takePull(place, repository, forge, event);
}

async function takeBranch(
  { repositories, receiver, signal }: EventPlace,
  repository: Repository,
  forge: ForgeSettings,
  { ref, before, after, pushedBy }: BranchEvent,
): Promise<void> {
  if (after === null) {
    await deleteRef(repository, ref);
    await receiver.receive({ repository, updates: [{ ref, before: null, after }], pushedBy });
    return;
  }
  const held = (await readRefs(repository.folder, [ref])).get(ref);
  const isLate = held !== undefined && held !== after && held !== before && (await isBefore(repository, after, held));
  if (isLate) return;
  if (held !== after) await fetchCommit(repositories, repository, forge, { commit: after, ref, forgeRef: ref }, signal);
  // What was before may have come here or not: no job is missing for it.
  await receiver.receive({ repository, updates: [{ ref, before: null, after }], pushedBy });
}

async function takePull(
  { repositories, receiver, signal }: EventPlace,
  repository: Repository,
  forge: ForgeSettings,
  { number, commit, pushedBy }: PullEvent,
): Promise<void> {
  const ref = `refs/pull/${number}/head`;
  const forgeRef = forge.kind === 'gitlab' ? `refs/merge-requests/${number}/head` : ref;
  if (commit === null) await deleteRef(repository, ref);
  else await fetchCommit(repositories, repository, forge, { commit, ref, forgeRef }, signal);
  const trust = repository.settings.forkSecrets ? 'trusted' : 'fork';
  await receiver.receive({ repository, updates: [{ ref, before: null, after: commit }], pushedBy, trust });
}
