import type { DigestMemo } from '../fs-tracer/index.ts';
import type { Layerfile } from '../grammar/index.ts';
import { noteUnrepeatable } from '../util/grounds.ts';
import type { BuildContext } from './build-context.ts';

/**
 * `context` with what the Layerfiles of its machine clone in its workspace, until `held` is disposed. Loads nothing where
 * nothing is cloned.
 */
export async function withClones(
  context: BuildContext,
  lineage: readonly Layerfile[],
  digestMemo: DigestMemo,
  held: DisposableStack,
): Promise<BuildContext> {
  if (lineage.every(({ instructions }) => instructions.every(({ kind }) => kind !== 'CLONE'))) return context;
  noteUnrepeatable('a remote repository is asked');
  const { openClones } = await import('./clone/open-clones.ts');
  return held.use(await openClones(context, lineage, digestMemo)).context;
}
