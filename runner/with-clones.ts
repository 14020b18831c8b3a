import type { DigestMemo } from '../fs-tracer/index.ts';
import type { Layerfile } from '../grammar/index.ts';
import type { BuildContext } from './build-context.ts';

/** Does `work` with what the Layerfile clones in the workspace. Loads nothing for a Layerfile without CLONE. */
export async function withClones<Result>(
  context: BuildContext,
  layerfile: Layerfile,
  digestMemo: DigestMemo,
  work: (context: BuildContext) => Promise<Result>,
): Promise<Result> {
  if (layerfile.instructions.every(({ kind }) => kind !== 'CLONE')) return work(context);
  const { openClones } = await import('./clone/open-clones.ts');
  using clones = await openClones(context, layerfile, digestMemo);
  return await work(clones.context);
}
