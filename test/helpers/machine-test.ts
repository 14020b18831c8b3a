import test, { type ExecutionContext } from 'ava';

import { machineObstacle, Scratch, type SharedBase, sharedBase, toolObstacle } from './shared-base.ts';

/** Registers a test on a real machine; skipped, with the reason in its title, where none can run. */
export function machineTest(
  title: string,
  body: (t: ExecutionContext, base: SharedBase, scratch: Scratch) => Promise<void>,
): void {
  const obstacle = machineObstacle();
  if (obstacle !== null) {
    test.serial.skip(`${title} (skipped: ${obstacle})`, () => undefined);
    return;
  }
  test.serial(title, async (t) => {
    using scratch = new Scratch();
    const base = await sharedBase();
    await body(t, base, scratch);
  });
}

/** Registers a test of machine-state files that needs QEMU's tools but no machine. */
export function qemuImgTest(title: string, body: (t: ExecutionContext) => Promise<void> | void): void {
  const obstacle = toolObstacle();
  if (obstacle === null) test(title, body);
  else test.skip(`${title} (skipped: ${obstacle})`, () => undefined);
}
