import { join } from 'node:path';

/** Static binaries that set-up builds from vm/guest/ and vm/host/ (see their Makefiles). */
export const GUEST_HELPER = join(import.meta.dirname, 'guest/build/layer-guest');
export const LAUNCHER = join(import.meta.dirname, 'host/build/layer-launch');
