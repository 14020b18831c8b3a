import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';

import type { Interposer } from './interposer.ts';

/** See interpose.c for the letters and ways. */
export interface Fault {
  /** For people: `write EIO`. */
  readonly name: string;
  readonly calls: string;
  readonly how: string;
  /** From 1. */
  readonly at: number;
}

const { EIO, ENOSPC, EACCES } = constants.errno;
const ALL = 'wsrcdt';

/** Every way in which calls go wrong; `at` is the number of the call. */
export const KINDS: readonly Omit<Fault, 'at'>[] = [
  { name: 'killed before a call', calls: ALL, how: 'kill' },
  { name: 'killed amid a write', calls: 'w', how: 'torn' },
  { name: 'short write', calls: 'w', how: 'short' },
  { name: 'write EIO', calls: 'w', how: String(EIO) },
  { name: 'write ENOSPC', calls: 'w', how: String(ENOSPC) },
  { name: 'sync EIO', calls: 's', how: String(EIO) },
  { name: 'rename EIO', calls: 'r', how: String(EIO) },
  { name: 'rename ENOSPC', calls: 'r', how: String(ENOSPC) },
  { name: 'create ENOSPC', calls: 'c', how: String(ENOSPC) },
  { name: 'create EACCES', calls: 'c', how: String(EACCES) },
  { name: 'remove EIO', calls: 'd', how: String(EIO) },
  { name: 'truncate EIO', calls: 't', how: String(EIO) },
  { name: 'disk full from a call on', calls: 'wrct', how: String(-ENOSPC) },
  { name: 'only removal works from a call on', calls: 'wsrct', how: String(-EIO) },
  { name: 'disk lost from a call on', calls: ALL, how: String(-EIO) },
];

/** How a program ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signalName: NodeJS.Signals | null;
  /** How often it made calls of each kind, until it ended. */
  readonly calls: Readonly<Record<string, number>>;
  readonly timedOut: boolean;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Only what happens below it is counted. */
  readonly folder: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Counts in processes of this name only. */
  readonly only?: string;
  readonly limitMs: number;
}

/** Runs a program with a fault waiting for it (`at: 0`: none, calls are only counted). */
export async function runHurt(interposer: Interposer, program: Program, fault: Fault): Promise<Ended> {
  writeFileSync(interposer.countFile, Buffer.alloc(8 * (1 + ALL.length)));
  const child = spawn(program.command, program.args, {
    env: {
      ...(program.environment ?? process.env),
      LD_PRELOAD: interposer.library,
      FAULT_FOLDER: program.folder,
      FAULT_CALLS: fault.calls,
      FAULT_AT: String(fault.at),
      FAULT_HOW: fault.how,
      FAULT_COUNT: interposer.countFile,
      ...(program.only === undefined ? {} : { FAULT_PROGRAM: program.only }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, program.limitMs);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (bytes: Buffer) => (written[name] += bytes.toString()));
  const [exitCode, signalName] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  const numbers = readFileSync(interposer.countFile);
  const calls = Object.fromEntries(
    Array.from(ALL, (letter, index) => [letter, Number(numbers.readBigUInt64LE(8 * (1 + index)))]),
  );
  return { ...written, exitCode, signalName, calls, timedOut };
}
