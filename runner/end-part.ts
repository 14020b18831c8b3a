import { warn } from './build-context.ts';
import { GaveUp } from './graph/gave-up.ts';
import type { OpenPart } from './open-part.ts';
import type { StepReport } from './step-report.ts';
import { isTimeout } from './time-limit.ts';

/**
 * Does work of a part. Where the run is cancelled meanwhile, or its time is over, that ends the part's steps, and is null;
 * any other error goes further up, without secrets.
 */
export async function guarded<T>({ context, report }: OpenPart, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!context.signal.aborted) throw context.mask.error(error);
    if (isTimeout(context.signal)) warn(context, 'the time limit passed');
    endRest(report, context.signal);
    return null;
  }
}

/** Every step that has not ended ends now, in the way the run did. */
export function endRest(report: StepReport, signal: AbortSignal): void {
  if (!signal.aborted || isTimeout(signal)) report.endRest('failed', 'skipped');
  else if (signal.reason instanceof GaveUp) report.endRest('cancelled', 'skipped');
  else report.endRest('cancelled', 'cancelled');
}
