import type { Snapshot, StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { becomeCopy } from './become-copy.ts';
import { type BuildContext, warn } from './build-context.ts';
import { leaseSound } from './lease-sound.ts';
import type { Ground } from './plan.ts';
import { type Leased, leaseLastRun } from './repeatable.ts';
import { Session } from './session.ts';
import type { Step } from './step.ts';

/** What a build restores, and why. */
export interface Restoring {
  readonly ground: Ground;
  /** What was found. */
  readonly snapshot: Snapshot;
  /** What runs first then. Absent where the machine is restored to be kept. */
  readonly next: Step | undefined;
  /** Of its key. */
  readonly fields: StepFields;
  /** Whether it may go on from its own last run. */
  readonly goesOn: boolean;
}

/**
 * The machine that a build goes on in. What that needs goes to `resources`, where null says that the snapshot is gone or of no
 * use, and that the look-up has to be made again.
 */
export async function restoreSession(
  context: BuildContext,
  { ground, snapshot, next, fields, goesOn }: Restoring,
  resources: AsyncDisposableStack,
): Promise<Session | null> {
  await using held = new AsyncDisposableStack();
  const lease = held.use(await leaseSound(context, snapshot));
  if (lease === null) return null;
  context.store.touch([snapshot.id]);
  const last: Leased | null =
    next === undefined || !goesOn ? null : await leaseLastRun(context, next, snapshot, fields);
  held.use(last);
  const session = await restoreOrDrop(context, last?.snapshot ?? snapshot, async () =>
    last === null
      ? Session.restore(context, ground.base, snapshot)
      : Session.goOnFrom(context, ground.base, last.snapshot, snapshot.id),
  );
  if (session === null) return null;
  held.use(session);
  if (last === null && snapshot.id === ground.parent?.snapshot) await becomeCopy(context, session);
  resources.use(held.move());
  return session;
}

/**
 * Null where no machine can be made of a snapshot though its files are what they were: it is dropped, with all that depends
 * on it, as a damaged one is; else every later run would end where this one would.
 */
export async function restoreOrDrop(
  context: BuildContext,
  snapshot: Snapshot,
  restore: () => Promise<Session>,
): Promise<Session | null> {
  try {
    return await restore();
  } catch (error) {
    const isRefused = error instanceof LayerError && error.code === 'SNAPSHOT_DAMAGED';
    // What this run made would be made again, and be refused again.
    if (!isRefused || snapshot.createdAtMs >= context.startedAtMs) throw error;
    warn(context, `snapshot ${snapshot.id} cannot be restored (${error.message}) and was dropped`);
    context.store.forget(snapshot.id);
    return null;
  }
}
