import { join } from 'node:path';

import { INSTALLATION } from '../util/installation.ts';

/** The program that runs machines, found in PATH. */
export const QEMU = 'qemu-system-x86_64';

/** Static binaries that set-up builds from vm/guest/ and vm/host/ (see their Makefiles). */
export const GUEST_HELPER = join(INSTALLATION, 'vm/guest/build/layer-guest');
export const TSC_METER = join(INSTALLATION, 'vm/host/build/layer-tsc');
export const LAUNCHER = join(INSTALLATION, 'vm/host/build/layer-launch');
/** Loaded into QEMU (memory.c). */
export const MEMORY_LIBRARY = join(INSTALLATION, 'vm/host/build/layer-memory.so');
