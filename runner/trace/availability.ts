import { existsSync, readFileSync } from 'node:fs';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

import { LayerError } from '../../util/layer-error.ts';

/** What the helper could not do, in its own words (fs-tracer/host/main.c). */
export interface HelperFailure {
  readonly stage: string;
  readonly errno: number;
  /** Whether it tried with the rights of root or in a user namespace. */
  readonly mode: 'root' | 'user';
}

const CAP_SYS_ADMIN = 21n;

/** Whether this process may mount file systems as it is (capabilities(7)); being root says less, in a container. */
export function mayMount(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/** Why FUSE or what belongs to it cannot be used here, and what to do. */
export function unavailable({ stage, errno, mode }: HelperFailure): LayerError {
  const name = getSystemErrorName(-errno);
  const why = `${getSystemErrorMessage(-errno)} (${name})`;
  switch (stage) {
    case 'namespace':
      return refusal(`This system gives ${mode === 'user' ? 'no user namespaces' : 'no mount namespaces'}: ${why}`, {
        hint: namespaceHint(),
      });
    case 'view':
      return viewRefusal(name, why, mode);
    case 'overlay':
      return refusal(`This kernel cannot lay an overlay over FUSE: ${why}`, {
        hint: mode === 'user' ? 'For ordinary users it takes Linux 5.11; root needs less.' : 'Run: modprobe overlay',
      });
    default:
      return refusal(`The current folder cannot be entered in the traced workspace: ${why}`, {});
  }
}

function viewRefusal(name: string, why: string, mode: HelperFailure['mode']): LayerError {
  if (['ENOENT', 'ENODEV', 'ENXIO'].includes(name)) {
    return refusal(`There is no FUSE on this system: ${why}`, {
      hint: 'Run as root: modprobe fuse. In a container, pass --device /dev/fuse to it.',
    });
  }
  if (name === 'EACCES') {
    return refusal(`This user may not open /dev/fuse: ${why}`, {
      hint: 'Run as root: chmod 666 /dev/fuse (which is what most systems have), or trace as root.',
    });
  }
  const hint = mode === 'user' ? `Trace as root. ${namespaceHint()}` : 'A container must be allowed to mount.';
  return refusal(`FUSE cannot be mounted here: ${why}`, { hint });
}

function namespaceHint(): string {
  const closed = SWITCHES.find(({ file, off }) => settingOf(file) === off);
  if (closed !== undefined) return `Trace as root, or run as root: sysctl ${closed.mend}`;
  return 'Trace as root. In a container, user namespaces are often forbidden.';
}

/** What distributions turn user namespaces off with. */
const SWITCHES = [
  {
    file: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    off: '1',
    mend: 'kernel.apparmor_restrict_unprivileged_userns=0',
  },
  { file: '/proc/sys/kernel/unprivileged_userns_clone', off: '0', mend: 'kernel.unprivileged_userns_clone=1' },
  { file: '/proc/sys/user/max_user_namespaces', off: '0', mend: 'user.max_user_namespaces=10000' },
] as const;

function settingOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

function refusal(message: string, options: { readonly hint?: string }): LayerError {
  return new LayerError('TRACE_UNAVAILABLE', `Cannot trace: ${message}`, options);
}
