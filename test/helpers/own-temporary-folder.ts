import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Loaded before each test file (ava.config.js), which is a process of its own: what its tests leave in the temporary folder, and
 * what they start leaves there, goes when it ends. The name is short: sockets lie below it, and their paths have a limit.
 */
const folder = mkdtempSync(join(tmpdir(), 'lt-'));
// As /tmp is: some tests are other users for a while.
chmodSync(folder, 0o1777);
process.env['TMPDIR'] = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
