import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { readLines } from '../util/read-lines.ts';

export interface Ended {
  readonly durationMs: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  /** Called for each line of its stdout, with the milliseconds since it was started. */
  readonly onLine?: (line: string, afterMs: number) => void;
}

/** Ctrl-C ends the command that is measured, and with it the benchmark, which then ends its daemon and removes its files. */
const interruption = new AbortController();
for (const signalName of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signalName, () => interruption.abort(new Error(`Interrupted by ${signalName}`)));
}

/** Runs a command to its end and measures that from outside. Throws with its output where it fails. */
export async function measure({ program, args, folder, environment = {}, onLine }: Command): Promise<Ended> {
  interruption.signal.throwIfAborted();
  const started = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: interruption.signal,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  if (onLine !== undefined) readLines(child.stdout, (line) => onLine(line, performance.now() - started));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const durationMs = performance.now() - started;
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}:\n${output}`);
  return { durationMs, output };
}

/** The first of `names` that is a file, looked up on PATH where it has no slash; undefined where there is none. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const candidates = names.flatMap((name) =>
    name.includes('/') ? [name] : folders.map((folder) => join(folder, name)),
  );
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** How often a pattern is found. */
export function countOf(pattern: RegExp, text: string): number {
  return [...text.matchAll(pattern)].length;
}
