import type { Snapshot } from '../snapshots/index.ts';
import { type BuildContext, warn } from './build-context.ts';

/**
 * A lease on a snapshot and all it depends on, checked against their manifests. Null where it is gone or damaged: a
 * damaged one is dropped with all that depends on it, and the look-up has to be made again.
 */
export async function leaseSound(context: BuildContext, snapshot: Snapshot): Promise<Disposable | null> {
  const lease = context.store.lease([snapshot.id]);
  if (lease === null) return null;
  const verified = await context.store.verify(snapshot.id, { trustUntouched: true });
  const checked = verified.ok ? await context.store.unpack(snapshot.id) : verified;
  if (checked.ok) return lease;
  lease[Symbol.dispose]();
  warn(context, `snapshot ${checked.damaged} is damaged (${checked.file}: ${checked.why}) and was dropped`);
  context.store.forget(checked.damaged);
  return null;
}
