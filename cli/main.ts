/**
 * The command line, and what is started as `layer`. This folder alone prints and exits; it sees the runner only through
 * its entries and the events that they emit.
 *
 * What holds here:
 * - stdout belongs to what was asked for (with `--json`: one object a line, nothing else), stderr to errors.
 * - Exit codes are those of docs/cli.md: 0, 1, 2, 3, 130, and 70 for a bug.
 * - Text of guests, files and file names reaches a screen only without escape sequences and controls.
 * - `layer --version` and `layer help` load no runner, and a build loads one reporter: that of the chosen mode.
 * - Nothing imports from this folder, so it has no index.ts.
 */
import { readFileSync } from 'node:fs';

import { runCommandLine } from './command-line.ts';
import { explainError } from './explain-error.ts';
import { onWindowChange, watchSignals } from './signals.ts';
import { StandardStream } from './standard-stream.ts';

const stdout = new StandardStream('stdout');
const stderr = new StandardStream('stderr');

// Node would exit with 1, which says that a step failed.
process.on('uncaughtException', (error) => {
  const { text, exitCode } = explainError(error);
  stderr.write(`${text}\n`);
  process.exit(exitCode);
});

// It names descriptors of this process: no child may take it for its own.
const lookAhead = process.env['LAYER_LOOK'];
delete process.env['LAYER_LOOK'];

/** libuv's raw mode (uv_tty_set_mode) leaves ONLCR on; a change back to its normal mode takes this back, too. */
function stopOutputProcessing(): void {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
}

async function main(): Promise<never> {
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    stdout,
    stderr,
    stdin: () => process.stdin,
    isStdinTerminal: () => process.getBuiltinModule('node:tty').isatty(0),
    environment: process.env,
    lookAhead,
    currentFolder: () => process.cwd(),
    readInput: () => readFileSync(0, 'utf8'),
    loadRunner: () => import('../runner/index.ts'),
    loadServer: () => import('../server/index.ts'),
    watchSignals,
    onWindowChange,
    stopOutputProcessing,
    startInBackground: async (args) => (await import('./background.ts')).startInBackground(args),
  });
  await Promise.all([stdout.flushed(), stderr.flushed()]);
  // All is done and told: a handle that something forgot must not keep the shell waiting.
  process.exit();
}

void main();
