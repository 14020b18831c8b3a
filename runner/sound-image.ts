import { LayerError } from '../util/layer-error.ts';
import { imageDamage } from '../vm/index.ts';
import type { Base } from './base-machine.ts';
import type { BuildContext } from './build-context.ts';

/** Throws `SNAPSHOT_DAMAGED` where the image that a stored machine stands on is not what it was. */
export async function requireSoundImage(context: BuildContext, base: Base): Promise<void> {
  const damage = await imageDamage(base.image, context.digestMemo);
  if (damage === null) return;
  throw new LayerError('SNAPSHOT_DAMAGED', `The base image that the machine stands on is damaged: ${damage}`, {
    hint: '`layer run` builds it again.',
  });
}
