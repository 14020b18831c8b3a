import test, { type SerialFn } from 'ava';

import { machineObstacle } from '../helpers/shared-base.ts';

const obstacle = machineObstacle();

/** Registers a test that starts machines: one after the other, and skipped, with the reason, where none can run. */
export const machineTest: SerialFn | SerialFn['skip'] = obstacle === null ? test.serial : skipped(obstacle);

function skipped(reason: string): SerialFn['skip'] {
  console.error(`Skipped, because ${reason}: tests that start machines`);
  return test.serial.skip;
}
