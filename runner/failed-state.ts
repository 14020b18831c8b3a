import type { FrozenStep } from '../fs-tracer/index.ts';
import type { StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { type BuildContext, warn } from './build-context.ts';
import { tellsSecret } from './secrets/tells-secret.ts';
import type { Session } from './session.ts';
import type { Step } from './step.ts';

/** In place of the digest of what changed while it was read: no content has it, so `layer shell` has the guest forget it. */
const UNCERTAIN = 'changed during the run';

interface FailedStep {
  readonly session: Session;
  readonly fields: StepFields;
}

/**
 * Keeps the machine as a step left it that has just failed, for `layer shell`: a failed state, which no look-up finds and
 * nothing goes on from. Whatever becomes of that, the step has failed: a failure to keep it is a warning, and a run that is
 * being cancelled does not wait for it. Returns whether it was kept; the machine goes on.
 */
export async function keepFailedState(
  context: BuildContext,
  { session, fields }: FailedStep,
  step: Step,
  durationMs: number,
): Promise<boolean> {
  if (isCancelled(context)) return false;
  try {
    const frozen = await session.freeze();
    // A tracer in trouble has lost the thread: what the guest has in its caches is not known any more.
    const kept = frozen.trouble === null && !tellsSecret(context, frozen.newObservations);
    if (kept) await session.save(step, fields, withoutUncertain(frozen), durationMs, { failed: true });
    else await session.goOn();
    return kept;
  } catch (error) {
    if (isCancelled(context)) return false;
    if (!(error instanceof LayerError)) throw error;
    warn(context, `its machine could not be kept for \`layer shell\`: ${error.message}`, step.number);
    await goOnIfAlive(session);
    return false;
  }
}

function isCancelled({ signal }: BuildContext): boolean {
  return signal.aborted;
}

/** For the same reason: a machine that died meanwhile is told of where something needs it. */
async function goOnIfAlive(session: Session): Promise<void> {
  try {
    await session.goOn();
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
  }
}

function withoutUncertain(frozen: FrozenStep): FrozenStep {
  const changed = new Set<string>(frozen.changedDuringRun);
  if (changed.size === 0) return frozen;
  const newObservations = frozen.newObservations.map((each) =>
    changed.has(each.path) ? { ...each, digest: UNCERTAIN } : each,
  );
  return { ...frozen, newObservations };
}
