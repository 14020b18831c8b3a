import test from 'ava';

import type { Machine } from '../../vm/index.ts';
import { restore, type Restored, Scratch, sharedBase } from './shared-base.ts';

let scratch: Scratch | undefined;
let restored: Restored | undefined;

/**
 * One restored machine for those tests of a file that leave it as they found it: to restore one and log in takes longer
 * than what most of them do there. After a test that failed, whichever, the next gets a new one.
 */
export async function sharedMachine(): Promise<Machine> {
  scratch ??= new Scratch();
  restored ??= await restore(await sharedBase(), scratch);
  return restored.machine;
}

test.afterEach.always(async (t) => {
  if (!t.passed) await end();
});
test.after.always(end);

async function end(): Promise<void> {
  await restored?.[Symbol.asyncDispose]();
  scratch?.[Symbol.dispose]();
  [restored, scratch] = [undefined, undefined];
}
