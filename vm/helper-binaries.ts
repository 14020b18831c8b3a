import { join } from 'node:path';

/** The program that runs machines, found in PATH. */
export const QEMU = 'qemu-system-x86_64';

/** Static binaries that set-up builds from vm/guest/ and vm/host/ (see their Makefiles). */
export const GUEST_HELPER = join(import.meta.dirname, 'guest/build/layer-guest');
export const LAUNCHER = join(import.meta.dirname, 'host/build/layer-launch');
