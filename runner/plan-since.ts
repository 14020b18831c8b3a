import { LayerError } from '../util/layer-error.ts';
import type { BuildResult, StepEnded } from './build-event.ts';
import type { RunOptions } from './run-options.ts';

type PlanLayerfiles = (options: RunOptions) => Promise<BuildResult>;

/**
 * A plan whose `step` events say which steps are *affected* by what changed since the commit `since`: those that do not stand for
 * the same snapshot as they did there. Of a step that is not known there (it never ran, or is gone), nobody can tell: it
 * counts as affected. Throws `USAGE` where there is no such commit.
 */
export async function planSince(since: string, options: RunOptions, plan: PlanLayerfiles): Promise<BuildResult> {
  const before = await stepsAt(since, options, plan);
  return plan({
    ...options,
    emit: (event) => {
      options.emit(
        event.event === 'step' ? { ...event, affected: isAffected(event, before.get(keyOf(event))) } : event,
      );
    },
  });
}

/** What a plan of the commit says of each step; nothing where it has no such Layerfile, or one that cannot be built. */
async function stepsAt(
  rev: string,
  options: RunOptions,
  plan: PlanLayerfiles,
): Promise<ReadonlyMap<string, StepEnded>> {
  const steps = new Map<string, StepEnded>();
  try {
    await plan({
      ...options,
      rev,
      emit: (event) => {
        if (event.event === 'step') steps.set(keyOf(event), event);
      },
    });
  } catch (error) {
    const isOtherTree =
      error instanceof LayerError && (error.code === 'LAYERFILE_MISSING' || error.code === 'LAYERFILE_INVALID');
    if (!isOtherTree) throw error;
    options.emit({
      event: 'warning',
      layerfile: '',
      text: `${rev} has no Layerfiles to compare with: ${error.message}`,
    });
  }
  return steps;
}

function keyOf({ layerfile, step, copy }: StepEnded): string {
  return `${layerfile}\0${step}\0${copy ?? ''}`;
}

function isAffected(now: StepEnded, then: StepEnded | undefined): boolean {
  if (now.outcome === 'skipped') return false;
  if (then?.outcome !== 'restored' || now.outcome !== 'restored') return true;
  return then.snapshot !== now.snapshot || then.instruction !== now.instruction;
}
