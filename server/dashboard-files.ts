/** The page of the server, as files. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { INSTALLATION } from '../util/installation.ts';

/** Where the page is; absolute. Names of files in its `assets` have their content's hash in them; each lies there a second time as `.gz`. */
export const DASHBOARD_FOLDER = join(INSTALLATION, 'dist/dashboard');

/** More is a build that hangs. */
const LONGEST_MS = 120_000;

/**
 * Puts the page together where one of its sources is newer (5 ms where none is, about a second where one is). Resolves with what
 * went wrong, or null. A server without its page still builds what is pushed, so nothing is thrown: whoever asks for the page is told.
 */
export function buildDashboard(): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(join(INSTALLATION, 'setup/dashboard'), { timeout: LONGEST_MS }, (error, _, stderr) => {
      resolve(error === null ? null : stderr.trim() || error.message);
    });
  });
}
