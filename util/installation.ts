import { join } from 'node:path';

/**
 * The folder Layer is installed in: the clone's root. Right in the sources and in the bundle (setup/bundle), because
 * both `util/` and `dist/` lie directly below it.
 */
export const INSTALLATION = join(import.meta.dirname, '..');
