import { closeSync, openSync } from 'node:fs';

import { noteGround } from '../util/grounds.ts';

export type Accelerator = 'kvm' | 'tcg';

/** Whether KVM is used, and in one sentence why not. */
export interface AcceleratorVerdict {
  readonly accelerator: Accelerator;
  readonly reason: string;
}

export interface AcceleratorQuestion {
  readonly request: 'auto' | Accelerator;
  /** The device node, `/dev/kvm`. */
  readonly device: string;
  /** What was found out before on this host kernel, QEMU and CPU, if anything. */
  readonly remembered: AcceleratorVerdict | undefined;
  /** Really boots something under KVM; resolves to null when it came up, else to what happened. */
  readonly bootProbe: () => Promise<string | null>;
}

/**
 * Decides between KVM and TCG. That /dev/kvm can be opened proves nothing (there are hosts where guests then hang), so a
 * kernel is booted under it once; the verdict of that boot is what is worth remembering, and cheap answers are not.
 */
export async function chooseAccelerator(question: AcceleratorQuestion): Promise<AcceleratorVerdict> {
  if (question.request !== 'auto') return { accelerator: question.request, reason: 'chosen by the user' };
  const obstacle = deviceObstacle(question.device);
  if (obstacle !== null) return { accelerator: 'tcg', reason: obstacle };
  if (question.remembered !== undefined) return question.remembered;
  const failure = await question.bootProbe();
  return failure === null
    ? { accelerator: 'kvm', reason: 'a kernel booted under KVM' }
    : { accelerator: 'tcg', reason: `${question.device} is there, but ${failure}` };
}

/** Why the device cannot be used, found by opening it; null where it can be opened. */
function deviceObstacle(device: string): string | null {
  noteGround(device);
  try {
    closeSync(openSync(device, 'r+'));
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return `there is no ${device}`;
    if (code === 'EACCES' || code === 'EPERM')
      return `${device} may not be opened by this user (is it in the group kvm?)`;
    return `${device} cannot be opened (${code ?? String(error)})`;
  }
}
