import type { Step } from './step.ts';

/** Of a machine whose Layerfile does not say. */
export const DEFAULT_MEMORY_MIB = 1024;

/** What MEMORY asks for, MiB. */
export function memoryOf(steps: readonly Step[]): number | undefined {
  return steps
    .map(({ instruction }) => (instruction.kind === 'MEMORY' ? instruction.megabytes : 0))
    .find((mib) => mib > 0);
}
