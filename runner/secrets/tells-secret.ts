import { type ReadSet, toReadablePath } from '../../fs-tracer/index.ts';
import type { BuildContext } from '../build-context.ts';

/** Names that were found are the workspace's; one that was looked for in vain is the guest's own, and would be in the index. */
export function tellsSecret({ mask }: Pick<BuildContext, 'mask'>, observations: ReadSet): boolean {
  return observations.some(({ kind, path }) => kind === 'absent' && mask.isToldBy(toReadablePath(path)));
}
