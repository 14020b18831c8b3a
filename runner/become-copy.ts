import { environmentText } from './command-text.ts';
import type { BuildContext } from './build-context.ts';
import { copyVariablesOf } from './graph/split-copy.ts';
import { ENVIRONMENT } from './guest-layout.ts';
import type { Session } from './session.ts';
import { LayerError } from '../util/layer-error.ts';

/**
 * Of a machine that was restored from a SPLIT: tells it which copy it is, and gives it a name and a machine-id of its own
 * (machine-id(5)), so that nothing on a network takes two of them for one.
 */
export async function becomeCopy({ copy, signal }: BuildContext, session: Session): Promise<void> {
  if (copy === undefined) return;
  const name = `layer-${copy.index + 1}`;
  const script = `cat >> ${ENVIRONMENT} && tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id &&
sed -i 's/^127\\.0\\.0\\.1 .*/& ${name}/' /etc/hosts && echo ${name} | tee /etc/hostname >/proc/sys/kernel/hostname`;
  const end = await session.machine.run(script, { signal, input: Buffer.from(environmentText(copyVariablesOf(copy))) });
  if (end.exitCode === 0) return;
  throw new LayerError('GUEST_PROTOCOL', `Copy ${copy.index} of SPLIT could not be given a name of its own`);
}
