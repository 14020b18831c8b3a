import type { Runner, Surroundings } from '../surroundings.ts';

/**
 * Starts `layer upkeep` in the background where it has anything to do. No trouble with it is a run's: the next one tries
 * again.
 */
export async function startUpkeepIfDue(
  { isUpkeepDue }: Pick<Runner, 'isUpkeepDue'>,
  options: Parameters<Runner['isUpkeepDue']>[0],
  start: NonNullable<Surroundings['startInBackground']>,
): Promise<void> {
  try {
    if (await isUpkeepDue(options)) await start(['upkeep']);
  } catch {
    // The run itself has succeeded or failed by now.
  }
}
